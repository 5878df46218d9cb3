import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';

/** An engine that stays up, with the pipeline on it as pair `demo` and empty buckets to play with. */
export interface Playground {
  engine: Engine;
  pipeline: Pipeline;
}

export const BUCKETS = { source: 'demo-source', destination: 'demo-destination', inventory: 'demo-inventory' } as const;
/** Of the source's inventory. */
export const CONFIGURATION = 'every-object';

/** A request that backfills the playground's buckets from the newest inventory. */
export const playgroundRequest = {
  source: { bucket: BUCKETS.source },
  manifest: { latest: `s3://${BUCKETS.inventory}/${BUCKETS.source}/${CONFIGURATION}/` },
  destination: { bucket: BUCKETS.destination },
};
