import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { failure } from '../../contracts/failure.js';
import { runFiles } from '../../core/run-files.js';
import type { RunFiles } from '../../core/report/read-report.js';
import { NotFound } from '../not-found.js';
import type { FailedChild } from '../step-functions/map-runs.js';
import type { HistoryEvent, RunDescription } from '../step-functions/run-client.js';
import { isKept, runFolderFiles } from './run-folder.js';
import type { RunRecord, RunRecords } from './run-records.js';

/** Names that a folder of a run can have: those of executions. */
const RUN_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/;

/** The runs that were left on this machine, a folder each. */
export class FolderRecords implements RunRecords {
  constructor(private readonly folder: string) {}

  async *list(): AsyncGenerator<RunDescription> {
    const entries = await orUndefined(readdir(this.folder, { withFileTypes: true }));
    const names = (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const runs = await Promise.all(names.map((name) => describe(join(this.folder, name), name)));
    yield* runs.filter((run) => run !== undefined).toSorted((a, b) => b.startedAt - a.startedAt);
  }

  async open(name: string): Promise<RunRecord> {
    const folder = join(this.folder, name);
    const description = RUN_NAME.test(name) ? await describe(folder, name) : undefined;
    if (!description)
      throw new NotFound(
        `There is no run "${name}" in ${this.folder}. For a run that is deployed, name its pair with --pair, or its state machine with --state-machine; \`s3-backfill runs\` lists what there is.`,
      );
    const root = runFiles(name).root;
    return {
      name,
      files: filesOf(folder, root),
      addressOf: (key) => join(folder, key.slice(root.length)),
      describe: () => Promise.resolve(description),
      failures: () => lines(join(folder, runFolderFiles.failures), (line) => failure.parse(line)),
      events: () => lines(join(folder, runFolderFiles.history), readEvent),
      failedChildren: () => lines(join(folder, runFolderFiles.failedChildren), (line) => line as FailedChild),
    };
  }
}

function filesOf(folder: string, root: string): RunFiles {
  /** Only what a run leaves there: a report's index is no way to other files of this machine. */
  const pathOf = (key: string) => {
    const name = key.startsWith(root) ? key.slice(root.length) : '';
    return isKept(name) ? join(folder, name) : undefined;
  };
  return {
    read: async (key) => {
      const path = pathOf(key);
      const body = path === undefined ? undefined : await orUndefined(readFile(path));
      return body && { body, version: '' };
    },
    stream: async (key) => {
      const path = pathOf(key);
      const found = path === undefined ? undefined : await orUndefined(stat(path));
      return path === undefined || !found ? undefined : { body: createReadStream(path), size: found.size };
    },
  };
}

const ENDINGS: Readonly<Record<string, RunDescription['status']>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/** From the first and the last event of the history; undefined where the folder holds none. */
async function describe(folder: string, name: string): Promise<RunDescription | undefined> {
  let first: HistoryEvent | undefined;
  let last: HistoryEvent | undefined;
  for await (const event of lines(join(folder, runFolderFiles.history), readEvent)) {
    first ??= event;
    last = event;
  }
  if (!first || !last) return undefined;
  const end =
    last.executionFailedEventDetails ?? last.executionAbortedEventDetails ?? last.executionTimedOutEventDetails;
  return {
    name,
    status: ENDINGS[last.type ?? ''] ?? 'ABORTED',
    startedAt: Number(first.timestamp),
    stoppedAt: Number(last.timestamp),
    output: last.executionSucceededEventDetails?.output,
    error: end?.error,
    cause: end?.cause,
  };
}

function readEvent(line: unknown): HistoryEvent {
  const event = line as Omit<HistoryEvent, 'timestamp'> & { timestamp: string };
  return { ...event, timestamp: new Date(event.timestamp) };
}

async function* lines<T>(path: string, parse: (line: unknown) => T): AsyncGenerator<T> {
  if (!(await orUndefined(stat(path)))) return;
  for await (const line of createInterface({ input: createReadStream(path) }))
    if (line !== '') yield parse(JSON.parse(line));
}

async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
