import {
  deliveryFolder,
  RECONCILE_DEFAULTS,
  type DeployedPair,
  type InventoryPlace,
  type PairBounds,
} from '../../contracts/pair.js';
import type { FoundInventories, Note } from '../../contracts/reconciliation.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import { inventoryStore } from '../inventory/inventory-store.js';
import type { Ports } from '../ports.js';
import { readInventory, type DeliveredInventory } from '../prepare/manifest/read-inventory.js';
import { scopeOf } from '../prepare/pair-bounds.js';
import { parseRequest } from '../prepare/parse-request.js';
import { INSTEAD, judgeInventories, type DestinationInventory } from './judge-inventories.js';
import { areTooLong, queryParameters } from './query-parameters.js';

/** What this state reaches. */
type FindPorts = Pick<Ports, 'work' | 'inventory'>;

/**
 * State FindInventories: finds the newest complete inventories of source and destination, and says whether Athena can tell
 * their difference; where it cannot, why, and that the whole inventory of the source is compared by listing. An inventory of
 * the source that is not there, or not what S3 wrote, has no such way out: its error is the reconciliation's.
 */
export async function findInventories(
  ports: FindPorts,
  input: { startTime: string; input?: unknown; pair: DeployedPair },
): Promise<FoundInventories> {
  const { bounds: all, name } = input.pair;
  if (!all?.inventory)
    throw new BackfillError(
      'InvalidRequest',
      `The pair ${name} was deployed without buckets, and a reconciliation is of a pair's own: deploy it with its buckets.`,
    );
  const bounds: PairBounds = { ...all, inventory: all.inventory };
  const { given, request } = readInput(input.input, bounds, ports.work.bucket);
  const source = await newest(ports, bounds.source.bucket, bounds.inventory);
  const destination = await newestOfDestination(ports, bounds);
  const settings = bounds.reconcile ?? RECONCILE_DEFAULTS;
  const { way, notes, judgedBefore } = judgeInventories({
    now: Date.parse(input.startTime),
    maxAgeDays: settings.maxInventoryAge,
    versions: request.versions,
    source: { delivered: source, place: bounds.inventory },
    destination,
  });
  const parameters =
    way === 'compare' && destination.kind === 'delivered'
      ? queryParameters(request, bounds, source, destination.delivered, judgedBefore)
      : undefined;
  const isAsked = parameters !== undefined && !areTooLong(parameters);
  return {
    day: new Date(request.scheduledTime ?? input.startTime).toISOString().slice(0, 10),
    scope: scopeOf(request, bounds),
    dryRun: request.dryRun,
    proof: request.proof,
    way: isAsked ? way : 'whole',
    notes: parameters && !isAsked ? [...notes, FILTERS_TOO_LONG] : notes,
    source: taken(source),
    ...(destination.kind === 'delivered' ? { destination: taken(destination.delivered) } : {}),
    backfill: given,
    ...(isAsked ? { parameters } : {}),
    maxDifference: settings.maxDifference,
  };
}

const FILTERS_TOO_LONG: Note = {
  name: 'FiltersTooLong',
  message: `Athena takes no more than 1,024 characters for a prefix, or for all globs of include or of exclude. ${INSTEAD} Fewer or shorter globs would be compared by Athena.`,
};

/** The fields of a request, as a run would take them; a manifest is not theirs to choose. */
function readInput(
  input: unknown,
  bounds: PairBounds,
  workBucket: string,
): { given: Record<string, unknown>; request: RunRequest } {
  const request = parseRequest(input ?? {}, bounds, workBucket);
  const given = (input ?? {}) as Record<string, unknown>;
  if (given['manifest'] !== undefined)
    throw new BackfillError(
      'InvalidRequest',
      'manifest: expected none: a reconciliation takes the newest inventories. Leave it out, or start a run with it.',
    );
  return { given, request };
}

function newest(ports: FindPorts, bucket: string, place: InventoryPlace): Promise<DeliveredInventory> {
  return readInventory((name) => inventoryStore(ports, { ...place, bucket: name }), {
    latest: `s3://${place.bucket}/${deliveryFolder(bucket, place)}`,
  });
}

/** One that is not there, or cannot be read, is a reason to do without. */
async function newestOfDestination(
  ports: FindPorts,
  { destination, destinationInventory: place }: PairBounds,
): Promise<DestinationInventory> {
  if (!place) return { kind: 'none' };
  try {
    return { kind: 'delivered', delivered: await newest(ports, destination.bucket, place), place };
  } catch (error) {
    if (!(error instanceof BackfillError)) throw error;
    return { kind: 'unusable', why: `${error.name}: ${error.message}` };
  }
}

function taken({ bucket, key, manifest }: DeliveredInventory) {
  return { address: `s3://${bucket}/${key}`, takenAt: new Date(Number(manifest.creationTimestamp)).toISOString() };
}
