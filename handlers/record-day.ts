import { reconciliations, workBucket } from '../adapters/ports.js';
import { recordDayInput } from '../contracts/states.js';
import { recordDay } from '../core/reconcile/record-day.js';
import { dayMetrics } from '../core/reconcile/day-metrics.js';
import { handle } from './runtime/handle.js';
import { publish } from './runtime/metrics.js';
import { traced } from './runtime/trace.js';

/** State RecordDay: see core/reconcile/record-day.ts. Publishes the day's metrics when its line is written. */
export const handler = traced(
  handle(
    recordDayInput,
    (site) => ({ ...workBucket(site), ...reconciliations(site) }),
    async ({ ports, settings }, input) => {
      const answer = await recordDay(ports, settings.BACKFILL_PAIR, input);
      publish(settings.BACKFILL_PAIR, dayMetrics(answer.line));
      return answer;
    },
  ),
);
