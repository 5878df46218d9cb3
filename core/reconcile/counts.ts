import {
  differenceCounts,
  type Counted,
  type DifferenceCounts,
  type FoundInventories,
} from '../../contracts/reconciliation.js';
import { BackfillError } from '../errors.js';
import { INSTEAD } from './judge-inventories.js';

/**
 * The counts of queries/reconcile/count.sql, checked against each other: what each side's rows come to is what was found of
 * them. `repeated` keys stand more than once in one inventory. Throws CountsContradict.
 */
export function readCounts(row: Readonly<Record<string, string>>): { counts: DifferenceCounts; repeated: number } {
  const of = (column: string) => Number(row[column] ?? Number.NaN);
  const [newerMissing, newerDifferent] = [of('newer_missing'), of('newer_different')];
  const parsed = differenceCounts.safeParse({
    sourceRows: of('source_rows'),
    destinationRows: of('destination_rows'),
    byEtag: of('by_etag'),
    bySizeAndTime: of('by_size_and_time'),
    missing: of('missing') - newerMissing,
    different: of('different') - newerDifferent,
    onlyAtDestination: of('only_at_destination'),
    newer: newerMissing + newerDifferent,
    matchedBytes: of('matched_bytes'),
    differingBytes: of('differing_bytes') - of('newer_bytes'),
  });
  const repeated = of('repeated');
  if (!parsed.success || !Number.isSafeInteger(repeated)) throw contradiction(row, 'expected whole numbers');
  const counts = parsed.data;
  if (repeated === 0) {
    const matched = counts.byEtag + counts.bySizeAndTime;
    const ofSource = matched + counts.missing + counts.different + counts.newer;
    const ofDestination = matched + counts.different + newerDifferent + counts.onlyAtDestination;
    if (ofSource !== counts.sourceRows)
      throw contradiction(row, `${ofSource} of ${counts.sourceRows} rows of the source are accounted for`);
    if (ofDestination !== counts.destinationRows)
      throw contradiction(row, `${ofDestination} of ${counts.destinationRows} rows of the destination are`);
  }
  return { counts, repeated };
}

function contradiction(row: object, what: string): BackfillError {
  return new BackfillError(
    'CountsContradict',
    `The counts of the inventories do not add up: ${what}: ${JSON.stringify(row)}. Start the reconciliation again; if they stay so, report it with this message.`,
  );
}

/** What comes next: nothing, a run of the rows that differ, or one of the whole inventory. */
export function decide(
  counts: DifferenceCounts,
  repeated: number,
  { maxDifference, dryRun, proof }: Pick<FoundInventories, 'maxDifference' | 'dryRun' | 'proof'>,
): Pick<Counted, 'next' | 'notes'> {
  const differing = counts.missing + counts.different;
  if (repeated > 0) {
    const message = `${repeated} keys stand more than once in an inventory, which then is none of one moment. ${INSTEAD}`;
    return { next: 'backfill', notes: [{ name: 'InventoryRepeats', message }] };
  }
  // A delivery that Athena does not find has no rows for it either, and would be in sync with anything.
  if (counts.sourceRows === 0) {
    const message = `Athena found no objects in the inventory of the source. ${INSTEAD}`;
    return { next: 'backfill', notes: [{ name: 'InventoryEmpty', message }] };
  }
  if (proof === 'strong' && counts.bySizeAndTime > 0) {
    const message = `Only size and time speak for ${counts.bySizeAndTime} objects, and proof is "strong": an inventory holds no checksums. ${INSTEAD}`;
    return { next: 'backfill', notes: [{ name: 'ProofIsWeak', message }] };
  }
  if (differing === 0 || dryRun) return { next: 'record', notes: [] };
  const judged = counts.sourceRows - counts.newer;
  if (differing * 100 > judged * maxDifference) {
    const message = `${differing} of ${judged} objects differ, more than ${maxDifference} %. ${INSTEAD}`;
    return { next: 'backfill', notes: [{ name: 'MuchDiffers', message }] };
  }
  return { next: 'difference', notes: [] };
}
