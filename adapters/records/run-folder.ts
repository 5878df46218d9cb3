import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Failure } from '../../contracts/failure.js';
import type { FailedChild } from '../step-functions/map-runs.js';

/** Files of a run that are kept on disk: the request, the counts, and every row of the report. */
const KEPT =
  /^(?:request\.json|plan\.json|summary\.json|report\/[\w-][\w.-]*|pass-\d+\/owed\/[\w-][\w.-]*\.report\.csv\.gz)$/;

/** What is kept beside them, as lines of JSON. */
export const runFolderFiles = {
  failures: 'failures.jsonl',
  history: 'history.jsonl',
  failedChildren: 'failed-children.jsonl',
} as const;

/** Whether a file of a run, named under `runs/<run id>/`, is kept on disk under the same name. */
export function isKept(name: string): boolean {
  return KEPT.test(name);
}

export interface LeftBehind {
  folder: string;
  report: string;
  failures: string;
  history: string;
}

export interface EndedRun {
  /** Names are those under `runs/<run id>/`. */
  files: Iterable<{ name: string; body: Buffer }>;
  failures: readonly Failure[];
  history: readonly unknown[];
  failedChildren: readonly FailedChild[];
}

/** Leaves a run's report, failures and history in `folder`. Names come from the run's own files, never from object keys. */
export async function leaveRun(folder: string, run: EndedRun): Promise<LeftBehind> {
  await mkdir(folder, { recursive: true });
  await clearEarlier(folder);
  for (const { name, body } of run.files) {
    if (!isKept(name)) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), body);
  }
  const left = {
    folder,
    report: join(folder, 'report', 'manifest.json'),
    failures: join(folder, runFolderFiles.failures),
    history: join(folder, runFolderFiles.history),
  };
  await writeFile(left.failures, toLines(run.failures));
  await writeFile(left.history, toLines(run.history));
  await writeFile(join(folder, runFolderFiles.failedChildren), toLines(run.failedChildren));
  return left;
}

/** A run that was stopped and started again under its name leaves nothing of the first beside the second. */
async function clearEarlier(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^(?:report|pass-\d+|summary\.json|plan\.json)$/.test(name)) await rm(join(folder, name), { recursive: true });
  }
}

function toLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
