import { inventories, workBucket } from '../adapters/ports.js';
import { findInventoriesInput } from '../contracts/states.js';
import { findInventories } from '../core/reconcile/find-inventories.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State FindInventories: see core/reconcile/find-inventories.ts. */
export const handler = traced(
  handle(
    findInventoriesInput,
    (site) => ({ ...workBucket(site), ...inventories(site) }),
    ({ ports }, input) => findInventories(ports, input),
  ),
);
