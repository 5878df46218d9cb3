import { inventoryColumns } from '../../contracts/athena-tables.js';
import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import type { InventoryPlace } from '../../contracts/pair.js';
import type { Note } from '../../contracts/reconciliation.js';
import { columnNamed } from '../inventory/schema.js';
import type { DeliveredInventory } from '../prepare/manifest/read-inventory.js';

/** An inventory as it was delivered, and as the pair was deployed for. */
interface Judged {
  delivered: DeliveredInventory;
  place: InventoryPlace;
}

export interface Inventories {
  /** Milliseconds since the epoch. */
  now: number;
  maxAgeDays: number;
  versions: 'current' | 'all';
  source: Judged;
  destination: DestinationInventory;
}

/** Of a pair that has none, that has one which cannot be used, or that has one. */
export type DestinationInventory =
  | { kind: 'none' }
  | { kind: 'unusable'; why: string }
  | ({ kind: 'delivered' } & Judged);

export interface Judgement {
  way: 'compare' | 'whole';
  notes: Note[];
  /** Objects of the source from this time on are newer than the inventories can judge. Milliseconds since the epoch. */
  judgedBefore: number;
}

const DAY_MS = 86_400_000;
/** What the queries cannot do without. */
const NEEDED = ['Size', 'LastModifiedDate', 'ETag'];
/** What is done where Athena cannot tell. */
export const INSTEAD = 'The whole inventory of the source is compared with a listing of the destination instead.';

/** Whether two inventories can be compared by Athena; each reason against it is a note, and so is what is done instead. */
export function judgeInventories(inventories: Inventories): Judgement {
  const { source, destination, versions } = inventories;
  const judgedBefore = takenAt(source.delivered);
  const reasons: Note[] = [];
  if (versions === 'all')
    reasons.push({
      name: 'AllVersions',
      message: `Inventories are compared by their current versions, and the pair brings over all of them. ${INSTEAD}`,
    });
  const stale = staleness('source', source.delivered, inventories);
  if (stale) reasons.push(stale);
  if (destination.kind === 'none')
    reasons.push({
      name: 'NoDestinationInventory',
      message: `The pair names no inventory of the destination (destinationInventory). ${INSTEAD}`,
    });
  if (destination.kind === 'unusable')
    reasons.push({ name: 'InventoryUnusable', message: `Of the destination: ${destination.why} ${INSTEAD}` });
  if (destination.kind !== 'delivered') return { way: 'whole', notes: reasons, judgedBefore };
  const late = staleness('destination', destination.delivered, inventories);
  if (late) reasons.push(late);
  for (const [side, { delivered, place }] of Object.entries({ source, destination })) {
    const unlike = unlikeTable(side, delivered, place);
    if (unlike) reasons.push(unlike);
  }
  if (reasons.length > 0) return { way: 'whole', notes: reasons, judgedBefore };
  return withOlderDestination(source.delivered, destination.delivered);
}

/** Objects that were written between the two deliveries may be on their way: they are left to live replication. */
function withOlderDestination(source: DeliveredInventory, destination: DeliveredInventory): Judgement {
  const [from, to] = [takenAt(source), takenAt(destination)];
  if (to >= from) return { way: 'compare', notes: [], judgedBefore: from };
  const message = `The destination's inventory of ${iso(to)} is older than the source's of ${iso(from)}. Objects of the source from ${iso(to)} on are left to live replication, and counted as newer.`;
  return { way: 'compare', notes: [{ name: 'InventoryStale', message }], judgedBefore: to };
}

function staleness(side: string, delivered: DeliveredInventory, { now, maxAgeDays }: Inventories): Note | undefined {
  const age = (now - takenAt(delivered)) / DAY_MS;
  if (age <= maxAgeDays) return undefined;
  return {
    name: 'InventoryStale',
    message: `The newest complete inventory of the ${side} is ${age.toFixed(1)} days old, of ${iso(takenAt(delivered))}; expected one of the last ${maxAgeDays} days. ${INSTEAD} Look whether S3 still delivers it.`,
  };
}

/** The tables are of one format and, for CSV, of one order of columns: another delivery would be misread without an error. */
function unlikeTable(side: string, { manifest }: DeliveredInventory, place: InventoryPlace): Note | undefined {
  const { format = 'CSV', fields = USUAL_INVENTORY_FIELDS } = place;
  const expected = inventoryColumns(place).slice(0, 2 + fields.length);
  const found = columnsOf(manifest);
  const wrong =
    manifest.fileFormat !== format
      ? `in ${manifest.fileFormat}, expected ${format}`
      : format === 'CSV' && found.join() !== expected.join()
        ? `with the columns ${found.join(', ')}, expected ${expected.join(', ')}`
        : missingOf(found);
  return wrong === undefined
    ? undefined
    : {
        name: 'InventoryUnlike',
        message: `The inventory of the ${side} came ${wrong}. ${INSTEAD} Set the inventory's optional fields to Size, LastModifiedDate and ETag at least, and deploy the pair with the format and fields that it has.`,
      };
}

function missingOf(found: readonly string[]): string | undefined {
  const missing = NEEDED.filter((field) => !found.includes(field));
  return missing.length === 0 ? undefined : `without ${missing.join(', ')}`;
}

/** Names as CSV spells them: of a CSV a list, of Parquet and ORC those in a schema of types. */
function columnsOf({ fileFormat, fileSchema }: DeliveredInventory['manifest']): string[] {
  if (fileFormat === 'CSV') return fileSchema.split(',').map((column) => column.trim());
  return (fileSchema.match(/[a-z]\w*(?=\s*(?:\(|;|:))/g) ?? []).map(columnNamed);
}

function takenAt({ manifest }: DeliveredInventory): number {
  return Number(manifest.creationTimestamp);
}

function iso(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
