import { OWN_MANIFESTS } from '../../../contracts/pair.js';
import { manifestKey } from '../own-inventory.js';

/** Where a listing keeps its files in the work bucket. @param folder with a closing slash */
export function listingFiles(folder: string) {
  const inRound = (round: number, name: string) => `${folder}rounds/${round}/${name}`;
  return {
    ranges: (round: number) => inRound(round, 'ranges.jsonl'),
    listed: (round: number, range: number) => inRound(round, `${range}.json`),
    /** @param attempt what no other call has: of two that list the same range each writes its own file */
    data: (sourceBucket: string, round: number, range: number, attempt: string) =>
      `${homeOf(folder, sourceBucket)}data/${round}-${range}-${attempt}.csv.gz`,
    manifest: (sourceBucket: string, createdAt: number) => manifestKey(homeOf(folder, sourceBucket), createdAt),
  };
}

/** A folder that no other run has had: names of runs come back after 90 days. */
export function listingFolder(runId: string, startedAt: number): string {
  return `${OWN_MANIFESTS}${runId}-${startedAt}/`;
}

/** Which listing a run of the pair began last. */
export function begunListingKey(pair: string): string {
  return `listings/${pair}.json`;
}

/** As S3 Inventory: `<source bucket>/<configuration id>/`. */
function homeOf(folder: string, sourceBucket: string): string {
  return `${folder}${sourceBucket}/list/`;
}
