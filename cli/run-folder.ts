import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Failure } from '../contracts/failure.js';

/** Files of a run that are kept on disk; the rest is in the work bucket. */
const KEPT = /^(request\.json|plan\.json|summary\.json|report\/[\w.-]+)$/;

export interface LeftBehind {
  folder: string;
  report: string;
  failures: string;
  history: string;
}

/** Leaves a run's report, failures and history in `folder`. Names come from the run's own files, never from object keys. */
export async function leaveRun(
  folder: string,
  run: { files: Iterable<{ name: string; body: Buffer }>; failures: readonly Failure[]; history: readonly unknown[] },
): Promise<LeftBehind> {
  await mkdir(folder, { recursive: true });
  for (const { name, body } of run.files) {
    if (!KEPT.test(name)) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), body);
  }
  const left = {
    folder,
    report: join(folder, 'report', 'manifest.json'),
    failures: join(folder, 'failures.jsonl'),
    history: join(folder, 'history.jsonl'),
  };
  await writeFile(left.failures, toLines(run.failures));
  await writeFile(left.history, toLines(run.history));
  return left;
}

function toLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
