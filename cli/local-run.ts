import { DynamoFailureTable } from '../adapters/dynamodb/failure-table.js';
import { RunClient, type RunProgress } from '../adapters/step-functions/run-client.js';
import type { Failure } from '../contracts/failure.js';
import type { RunRequestInput } from '../contracts/run-request.js';
import {
  plan as planSchema,
  summary as summarySchema,
  tally as tallySchema,
  type Summary,
} from '../contracts/tally.js';
import type { Engine } from '../local/engine.js';
import type { Pipeline } from '../local/pipeline.js';
import { failureGroupLines, verdictLines } from './print/ending.js';
import type { ProgressView } from './print/progress.js';
import { safeText } from './print/safe-text.js';
import { leaveRun, type LeftBehind } from '../adapters/records/run-folder.js';

/** A run on the engine of this process, from its start to what it leaves on disk. */
export interface LocalRun {
  runId: string;
  ended: RunProgress;
  /** Undefined where the run did not come to its end. */
  summary: Summary | undefined;
  failures: Failure[];
  left: LeftBehind;
}

export interface LocalRunOptions {
  runId: string;
  request: RunRequestInput;
  view: ProgressView;
  /** Stops the execution when aborted. */
  signal?: AbortSignal;
}

const POLL_MS = 150;

/** Starts a run, shows how far it comes, and leaves report, failures and history under `s3-backfill-runs/<run id>/`. */
export async function runLocally(engine: Engine, pipeline: Pipeline, options: LocalRunOptions): Promise<LocalRun> {
  const { runId, request, view, signal } = options;
  const runs = new RunClient(engine);
  const executionArn = await runs.start(pipeline.stateMachineArn, runId, request);
  let ended = await runs.progress(executionArn);
  while (ended.status === 'RUNNING') {
    view.show(ended, (pass) => objectsOf(engine, pipeline, runId, pass), engine.clock.now());
    if (signal?.aborted) await runs.stop(executionArn);
    else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ended = await runs.progress(executionArn);
  }
  view.show(ended, (pass) => objectsOf(engine, pipeline, runId, pass), engine.clock.now());
  view.end();

  const failures = await collect(new DynamoFailureTable(pipeline.failureTable, engine.clock, engine).ofRun(runId));
  const history = await collect(runs.history(executionArn));
  const failedChildren = await collect(runs.failedChildren(executionArn));
  const left = await leaveRun(`s3-backfill-runs/${runId}`, {
    files: filesOf(engine, pipeline, runId),
    failures,
    history,
    failedChildren,
  });
  const stored = read(engine, pipeline, runId, 'summary.json');
  return { runId, ended, summary: stored === undefined ? undefined : summarySchema.parse(stored), failures, left };
}

/** What is told at the end of a run: the counts, what failed and what to do about it, and where everything is. */
export function endingLines({ ended, summary, failures, left }: LocalRun): string[] {
  const lines = [...verdictLines(ended, summary), '', ...failureGroupLines(failures)].map(safeText);
  const open = failures.filter(({ status }) => status === 'open');
  lines.push(...open.slice(0, MOST_NAMED).map(({ key, cause }) => `  ${cause} ${safeText(key ?? 'a whole chunk')}`));
  if (open.length > MOST_NAMED) lines.push(`  and ${open.length - MOST_NAMED} more`);
  lines.push('', `report         ${left.report}`, `failures       ${left.failures}`, `history        ${left.history}`);
  return lines;
}

const MOST_NAMED = 20;

/** The first pass is about what the plan expects, a later one about what the pass before it still owed. */
function objectsOf(engine: Engine, pipeline: Pipeline, runId: string, pass: number): number | undefined {
  const stored = read(engine, pipeline, runId, pass === 1 ? 'plan.json' : `pass-${pass - 1}/tally.json`);
  if (stored === undefined) return undefined;
  return pass === 1 ? planSchema.parse(stored).expected : tallySchema.parse(stored).totals.owed;
}

function read(engine: Engine, pipeline: Pipeline, runId: string, name: string): unknown {
  const stored = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/${name}`);
  return stored && JSON.parse(stored.body.toString('utf8'));
}

function* filesOf(engine: Engine, pipeline: Pipeline, runId: string): Generator<{ name: string; body: Buffer }> {
  const root = `runs/${runId}/`;
  for (const { key } of engine.s3.listObjects(pipeline.workBucket, root)) {
    const body = engine.s3.getObject(pipeline.workBucket, key)?.body;
    if (body) yield { name: key.slice(root.length), body };
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
