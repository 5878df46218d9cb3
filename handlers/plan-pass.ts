import { scratch, workBucket } from '../adapters/ports.js';
import { planPassInput } from '../contracts/states.js';
import { planPass } from '../core/inventory/plan-pass.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State PlanPass: see core/inventory/plan-pass.ts. */
export const handler = traced(
  handle(
    planPassInput,
    (site) => ({ ...workBucket(site), ...scratch(site) }),
    ({ ports }, input) => planPass(ports, input),
  ),
);
