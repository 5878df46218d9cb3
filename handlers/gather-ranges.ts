import { scratch, workBucket } from '../adapters/ports.js';
import { gatherRangesInput } from '../contracts/states.js';
import { gatherRanges } from '../core/inventory/gather-ranges.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State GatherRanges: see core/inventory/gather-ranges.ts. */
export const handler = traced(
  handle(
    gatherRangesInput,
    (site) => ({ ...workBucket(site), ...scratch(site) }),
    ({ ports }, input) => gatherRanges(ports, input),
  ),
);
