import { reconciliations, workBucket } from '../adapters/ports.js';
import { recordReconciliationInput } from '../contracts/states.js';
import { recordReconciliation } from '../core/reconcile/record-reconciliation.js';
import { reconciliationMetrics } from '../core/reconcile/reconciliation-metrics.js';
import { handle } from './runtime/handle.js';
import { publish } from './runtime/metrics.js';
import { traced } from './runtime/trace.js';

/** State RecordReconciliation: see core/reconcile/record-reconciliation.ts. Publishes the day's metrics when its line is written. */
export const handler = traced(
  handle(
    recordReconciliationInput,
    (site) => ({ ...workBucket(site), ...reconciliations(site) }),
    async ({ ports, settings }, input) => {
      const answer = await recordReconciliation(ports, settings.BACKFILL_PAIR, input);
      publish(settings.BACKFILL_PAIR, reconciliationMetrics(answer.line));
      return answer;
    },
  ),
);
