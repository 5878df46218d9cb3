import { workBucket } from '../adapters/ports.js';
import { gatherListingInput } from '../contracts/states.js';
import { gatherListing } from '../core/inventory/listing/gather-listing.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State GatherListing: see core/inventory/listing/gather-listing.ts. */
export const handler = traced(
  handle(gatherListingInput, workBucket, ({ ports }, input) => gatherListing(ports, input)),
);
