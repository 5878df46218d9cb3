import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';
import { inventoryFolder, type PairBounds } from '../../contracts/pair.js';

/** An engine that stays up, with the pipeline on it as pair `demo` and empty buckets to play with. */
export interface Playground {
  engine: Engine;
  pipeline: Pipeline;
}

export const BUCKETS = { source: 'demo-source', destination: 'demo-destination', inventory: 'demo-inventory' } as const;
/** Of the source's inventory. */
export const CONFIGURATION = 'every-object';

/** What runs of pair `demo` are bound to, as on AWS. */
export const bounds: PairBounds = {
  source: { bucket: BUCKETS.source },
  destination: { bucket: BUCKETS.destination },
  inventory: { bucket: BUCKETS.inventory, prefix: '', configId: CONFIGURATION },
  maxConcurrency: 50,
  restore: { to: [] },
};

/** The whole pair written out as a request, to start from. `{}` means the same. */
export const playgroundRequest = {
  source: { bucket: BUCKETS.source },
  manifest: { latest: `s3://${BUCKETS.inventory}/${inventoryFolder(bounds)}` },
  destination: { bucket: BUCKETS.destination },
};
