import { setMaxListeners } from 'node:events';
import type { Frame } from './frame.js';
import type { Json, Payload } from './payload.js';
import { Stopped } from './state-error.js';
import type { Visit } from './visit.js';

/** Iterations of an inline Map, or branches of a Parallel. */
export interface Paths {
  total: number;
  concurrency: number;
  /** The event that records a path's start or end; undefined where the history has none. */
  name?: (what: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') => string;
  details?: (index: number) => object;
  frame?: (index: number) => { map: Json };
  /** Made when the path's turn comes. */
  input(index: number): Payload | Promise<Payload>;
  run(index: number, input: Payload, frame: Frame): Promise<Payload>;
}

/**
 * Runs paths beside each other within one execution, each with a cursor and variables of its own.
 * When one fails, the others are stopped.
 * @returns their outputs, in order. The visit's path goes on behind the event that ended last.
 * @throws what the first path to fail threw; Stopped.
 */
export async function runPaths(visit: Visit, paths: Paths): Promise<Payload[]> {
  const outer = visit.frame;
  const { history } = outer.execution;
  const stopper = new AbortController();
  setMaxListeners(0, stopper.signal);
  const stop = () => stopper.abort(outer.signal.reason);
  outer.signal.addEventListener('abort', stop, { once: true });
  if (outer.signal.aborted) stop();
  const open: (Frame | undefined)[] = [];
  const outputs: Payload[] = [];
  let started = 0;
  /** Paths that take another's place follow the last event of that one's states. */
  let place = outer.cursor.last;

  const runOne = async (index: number): Promise<void> => {
    const input = await paths.input(index);
    stopper.signal.throwIfAborted();
    const cursor = { last: place, decision: place };
    if (paths.name) cursor.last = history.append(paths.name('Started'), place, paths.details?.(index));
    const frame: Frame = {
      execution: outer.execution,
      cursor,
      variables: outer.variables,
      signal: stopper.signal,
      ...(paths.frame?.(index) ?? (outer.map === undefined ? {} : { map: outer.map })),
    };
    open[index] = frame;
    outputs[index] = await paths.run(index, input, frame);
    open[index] = undefined;
    place = cursor.last;
    outer.cursor.last = paths.name
      ? history.append(paths.name('Succeeded'), cursor.last, paths.details?.(index))
      : cursor.last;
  };

  const worker = async (): Promise<void> => {
    while (started < paths.total && !stopper.signal.aborted) {
      started += 1;
      const index = started - 1;
      try {
        await runOne(index);
      } catch (error) {
        if (!stopper.signal.aborted) {
          outer.cursor.last = open[index]?.cursor.last ?? outer.cursor.last;
          stopper.abort(new Stopped('aborted'));
          recordEnd(paths, open, index, outer);
        }
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(paths.concurrency, paths.total) }, worker);
  try {
    await Promise.all(workers);
    outer.signal.throwIfAborted();
  } finally {
    await Promise.allSettled(workers);
    outer.signal.removeEventListener('abort', stop);
  }
  return outputs;
}

/** The events of a failure: the path that failed and those it takes with it, each with the state it was in. */
function recordEnd({ name, details }: Paths, open: (Frame | undefined)[], failed: number, outer: Frame): void {
  const { history } = outer.execution;
  const { last } = outer.cursor;
  for (const [index, frame] of open.entries()) {
    if (!frame) continue;
    if (name) history.append(name(index === failed ? 'Failed' : 'Aborted'), last, details?.(index));
    if (frame.openState && abortable.has(frame.openState)) history.append(`${frame.openState}StateAborted`, last);
  }
}

const abortable = new Set(['Task', 'Wait', 'Map', 'Parallel']);
