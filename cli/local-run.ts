import { join } from 'node:path';
import { DeployedRecords } from '../adapters/records/deployed-records.js';
import { leaveRun, type LeftBehind } from '../adapters/records/run-folder.js';
import type { RunProgress } from '../adapters/step-functions/run-client.js';
import type { Failure } from '../contracts/failure.js';
import type { Summary } from '../contracts/tally.js';
import { readSummary } from '../core/report/read-report.js';
import { runFiles } from '../core/run-files.js';
import type { Engine } from '../local/engine.js';
import type { Pipeline } from '../local/pipeline.js';
import { RUNS_FOLDER } from './options.js';
import { failureGroupLines, verdictLines } from './print/ending.js';
import type { ProgressView } from './print/progress.js';
import { safeText } from './print/safe-text.js';
import { watchRun } from './watch-run.js';

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
  /** The execution's input. */
  request: unknown;
  view: ProgressView;
  /** Stops the execution when aborted. */
  signal: AbortSignal;
  /** The run is left in `s3-backfill-runs/<run id>/` under it. */
  folder: string;
}

/** Starts a run, shows how far it comes, and leaves report, failures and history on disk. */
export async function runLocally(engine: Engine, pipeline: Pipeline, options: LocalRunOptions): Promise<LocalRun> {
  const { runId, request, view, signal, folder } = options;
  const records = new DeployedRecords({ ...pipeline, bounds: undefined }, engine, engine);
  const executionArn = await records.runs.start(pipeline.stateMachineArn, runId, request);
  const record = await records.open(runId);
  let ended = await watchRun({ executionArn, runId, runs: records.runs, files: record.files }, view, signal);
  if (ended.status === 'RUNNING') {
    await records.runs.stop(executionArn);
    ended = await records.runs.progress(executionArn);
  }

  const kept = {
    files: filesOf(engine, pipeline, runId),
    failures: await collect(record.failures()),
    history: await collect(record.events()),
    failedChildren: await collect(record.failedChildren()),
  };
  const left = await leaveRun(join(folder, RUNS_FOLDER, runId), kept);
  return { runId, ended, summary: await readSummary(record.files, runId), failures: kept.failures, left };
}

const MOST_NAMED = 20;

/** What is told at the end of a run: the counts, what failed and what to do about it, and where everything is. */
export function endingLines({ ended, summary, failures, left }: LocalRun): string[] {
  const lines = [...verdictLines(ended, summary), '', ...failureGroupLines(failures)].map(safeText);
  const open = failures.filter(({ status }) => status === 'open');
  lines.push(...open.slice(0, MOST_NAMED).map(({ key, cause }) => `  ${cause} ${safeText(key ?? 'a whole chunk')}`));
  if (open.length > MOST_NAMED) lines.push(`  and ${open.length - MOST_NAMED} more`);
  lines.push('', `report         ${left.report}`, `failures       ${left.failures}`, `history        ${left.history}`);
  return lines;
}

/** What `--json` prints: summary.json, or what there is where a run came to none. */
export function jsonOf({ summary, runId, ended: { status, error } }: LocalRun): object {
  return summary ?? { runId, status, error };
}

function* filesOf(engine: Engine, pipeline: Pipeline, runId: string): Generator<{ name: string; body: Buffer }> {
  const { root } = runFiles(runId);
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
