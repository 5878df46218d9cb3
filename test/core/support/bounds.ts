import type { PairBounds } from '../../../contracts/pair.js';
import { DESTINATION, INVENTORY, SOURCE, WORK } from './storage.js';

/** A pair from SOURCE to DESTINATION as it is deployed; prefixes where they are given. */
export function boundsOf(
  prefixes: { source?: string | undefined; destination?: string | undefined } = {},
  more: Partial<PairBounds> = {},
): PairBounds {
  return {
    source: { bucket: SOURCE, ...prefixIn(prefixes.source) },
    destination: { bucket: DESTINATION, ...prefixIn(prefixes.destination) },
    inventory: { bucket: INVENTORY, prefix: 'daily', configId: 'all' },
    maxConcurrency: 20,
    ...more,
  };
}

function prefixIn(prefix: string | undefined): { prefix?: string } {
  return prefix === undefined ? {} : { prefix };
}

/** Where the inventories of `boundsOf` lie, and the manifests that are ours. */
export const LATEST = `s3://${INVENTORY}/daily/${SOURCE}/all/`;
export const OWN = `s3://${WORK}/manifests/`;
