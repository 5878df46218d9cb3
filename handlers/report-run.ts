import { bucketPairs, failureTable, workBucket } from '../adapters/ports.js';
import { reportRunInput } from '../contracts/states.js';
import { runMetrics } from '../core/report/run-metrics.js';
import { reportRun } from '../core/report/report-run.js';
import { publish } from './runtime/metrics.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State ReportRun: see core/report/report-run.ts. Publishes the run's metrics when its files are written. */
export const handler = traced(
  handle(
    reportRunInput,
    (site) => ({ ...workBucket(site), ...bucketPairs(site), ...failureTable(site) }),
    async ({ ports, settings }, input) => {
      const answer = await reportRun(ports, input, settings.BACKFILL_DASHBOARD_URL);
      publish(settings.BACKFILL_PAIR, runMetrics(answer.summary, ports.clock.now()));
      return answer;
    },
  ),
);
