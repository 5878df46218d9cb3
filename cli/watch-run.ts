import { setTimeout as sleep } from 'node:timers/promises';
import type { RunClient, RunProgress } from '../adapters/step-functions/run-client.js';
import { objectsOfPass, type RunFiles } from '../core/report/read-report.js';
import type { ProgressView } from './print/progress.js';

/** Looks at once, then ever less often: short runs are seen, and long ones cost few calls. */
const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 2_000;

export interface Watched {
  executionArn: string;
  runId: string;
  runs: RunClient;
  files: RunFiles;
}

/** Shows how far a run comes, until it ends or `signal` is aborted; answers how it stands then. */
export async function watchRun(
  { executionArn, runId, runs, files }: Watched,
  view: ProgressView,
  signal: AbortSignal,
): Promise<RunProgress> {
  const objects = new Map<number, number | undefined>();
  let pause = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const progress = await runs.progress(executionArn);
      for (const { pass } of progress.maps)
        if (objects.get(pass) === undefined) objects.set(pass, await objectsOfPass(files, runId, pass));
      view.show(progress, (pass) => objects.get(pass), Date.now());
      if (progress.status !== 'RUNNING' || signal.aborted) return progress;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(LONGEST_PAUSE_MS, pause * 1.3);
    }
  } finally {
    view.end();
  }
}
