import { inventoryFolder, OWN_MANIFESTS, type PairBounds, type RunBounds } from '../../contracts/pair.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import { FILTERS } from '../inventory/scope.js';
import { destinationKey } from '../keys.js';

/**
 * The input of an execution with the pair's own buckets, prefixes, inventory and concurrency where it says nothing of
 * them. What is no object is left as it is, for the request's schema to refuse.
 */
export function pairRequest(input: unknown, all: RunBounds): unknown {
  if (!isObject(input)) return input;
  const bounds = boundsTo(isObject(input['destination']) ? input['destination']['bucket'] : undefined, all);
  const source = merged(only(bounds.source, 'bucket', 'prefix'), input['source']);
  const destination = merged(
    only(bounds.destination, 'bucket', 'prefix', 'storageClass', 'kmsKeyArn', 'bucketKeyEnabled'),
    input['destination'],
  );
  return {
    manifest: hasInventory(bounds) ? { latest: latestInventory(bounds) } : { list: true },
    maxConcurrency: bounds.maxConcurrency,
    ...only(bounds, 'requestsPerSecond', 'maxObjects', 'maxBytes', 'stopAfter'),
    ...bounds.copy,
    ...bounds.filters,
    ...input,
    source,
    destination: isObject(destination) ? withPrefix(destination, input, source, bounds) : destination,
  };
}

/** The same with the destination of this name, where a restore may go to others than its own. */
export function boundsTo(bucket: unknown, bounds: RunBounds): RunBounds {
  const target = bounds.restoring?.to.find((each) => each.bucket === bucket);
  return target ? { ...bounds, destination: target } : bounds;
}

/** Throws OutsidePair where a request names another bucket, inventory or prefix than the pair's. */
export function expectWithin(request: RunRequest, all: RunBounds, workBucket: string): void {
  const { source, destination, manifest } = request;
  const bounds = boundsTo(destination.bucket, all);
  const placesOf = (of: Pick<RunRequest, 'source' | 'destination'>) => ({
    source: { bucket: of.source.bucket, prefix: of.source.prefix ?? '' },
    destination: { bucket: of.destination.bucket, prefix: destinationPrefix(of) },
  });
  const asked = placesOf({ source, destination });
  const pair = placesOf(bounds);
  expectInside('source', asked.source, pair.source);
  expectInside('destination', asked.destination, pair.destination, all.restoring?.to);
  expectMapping(asked, bounds);
  if (destination.kmsKeyArn !== bounds.destination.kmsKeyArn)
    throw new BackfillError(
      'OutsidePair',
      `destination.kmsKeyArn: expected ${bounds.destination.kmsKeyArn ?? 'none'}, the pair's own; its roles may use no other key. Leave it out.`,
    );
  expectPowers(request, bounds);
  const address = addressOf(manifest);
  // A listing is of the pair's own source; whose rows failed is held against the pair when that run's files are read.
  if (address === undefined) return;
  const homes = [...(hasInventory(bounds) ? [latestInventory(bounds)] : []), `s3://${workBucket}/${OWN_MANIFESTS}`];
  if (!homes.some((home) => address.startsWith(home)))
    throw new BackfillError(
      'OutsidePair',
      typeof manifest === 'object' && 'csv' in manifest
        ? `manifest.csv: expected a file under ${homes.join(' or ')}, which the pair's roles can read. Put it there.`
        : hasInventory(bounds)
          ? `manifest: expected one of this pair's inventories, under ${homes[0]}. Deploy a pair of its own for another one.`
          : 'manifest: expected {"list": true}: a restore has no inventory, and lists what there is to bring back.',
    );
}

/** What the pair's roles may do only where it was deployed so. */
const POWERS = {
  acl: ({ acl }) => acl,
  objectLock: ({ objectLock }) => objectLock,
  archived: ({ archived }) => (archived === 'restore' ? archived : undefined),
  versions: ({ versions }) => (versions === 'all' ? versions : undefined),
  engine: ({ engine }) => (engine === 'batch-replication' ? engine : undefined),
} as const satisfies Record<string, (of: Partial<RunRequest>) => string | undefined>;

function expectPowers(request: RunRequest, { copy = {}, restoring }: RunBounds): void {
  if (restoring && request.versions === 'all')
    throw new BackfillError(
      'OutsidePair',
      'versions: expected "current": a restore brings back one version of each object. Say which by manifest.asOf.',
    );
  if (!restoring && asOfOf(request) !== undefined)
    throw new BackfillError(
      'OutsidePair',
      "manifest.asOf: expected none: the roles of a pair's own runs may not read earlier versions. Deploy the pair with restore, and start its restore so.",
    );
  if (copy.engine === 'none' && request.engine !== 'none')
    throw new BackfillError(
      'OutsidePair',
      `engine: expected "none", the pair's own; its roles may write nothing to the destination, which "${request.engine}" needs. Deploy the pair with copy.engine: "copy".`,
    );
  for (const [field, asked] of Object.entries(POWERS)) {
    const [wanted, given] = [asked(request), asked(copy as Partial<RunRequest>)];
    // Reading the ACLs of objects takes more than giving their copies a canned one.
    if (wanted !== undefined && (given === undefined || (wanted === 'copy' && given !== 'copy')))
      throw new BackfillError(
        'OutsidePair',
        `${field}: expected none but the pair's own; "${wanted}" needs permissions that its roles do not have. Deploy the pair with copy.${field}${field === 'engine' ? `: "${wanted}"` : ''}.`,
      );
  }
}

/** Whether a request within the pair's bounds is the whole pair's, as it stands now: nothing is left out but by its own filters. */
export function scopeOf(request: RunRequest, bounds: RunBounds | undefined): 'pair' | 'part' {
  if (!bounds || asOfOf(request) !== undefined) return 'part';
  const isWhole =
    (request.source.prefix ?? '') === (bounds.source.prefix ?? '') &&
    typeof request.manifest === 'object' &&
    ('list' in request.manifest ||
      ('latest' in request.manifest && hasInventory(bounds) && request.manifest.latest === latestInventory(bounds))) &&
    FILTERS.every((name) => JSON.stringify(request[name]) === JSON.stringify(bounds.filters?.[name]));
  return isWhole ? 'pair' : 'part';
}

/** The time as of which the source is listed; undefined where it is listed as it is. */
export function asOfOf({ manifest }: Pick<RunRequest, 'manifest'>): string | undefined {
  return typeof manifest === 'object' && 'list' in manifest ? manifest.asOf : undefined;
}

function hasInventory(bounds: RunBounds): bounds is PairBounds {
  return bounds.inventory !== undefined;
}

function destinationPrefix({ source, destination }: Pick<RunRequest, 'source' | 'destination'>): string {
  return destination.prefix ?? source.prefix ?? '';
}

/** Where a manifest lies, or the folder in which the newest one is looked for; undefined where it is no file of anybody's. */
function addressOf(manifest: RunRequest['manifest']): string | undefined {
  if (typeof manifest === 'string') return manifest;
  if ('csv' in manifest) return manifest.csv;
  return 'latest' in manifest ? manifest.latest : undefined;
}

function latestInventory(bounds: PairBounds): string {
  return `s3://${bounds.inventory.bucket}/${inventoryFolder(bounds)}`;
}

/** A request for a part of the source that does not say where it goes: where the pair puts that part. */
function withPrefix(
  destination: Record<string, unknown>,
  input: Record<string, unknown>,
  source: unknown,
  bounds: RunBounds,
): unknown {
  const asked = isObject(input['destination']) ? input['destination']['prefix'] : undefined;
  const part = isObject(source) ? source['prefix'] : undefined;
  if (asked !== undefined || typeof part !== 'string' || !part.startsWith(bounds.source.prefix ?? ''))
    return destination;
  return { ...destination, prefix: destinationKey(part, bounds) };
}

function expectInside(
  side: 'source' | 'destination',
  asked: { bucket: string; prefix: string },
  pair: { bucket: string; prefix: string },
  others?: readonly { bucket: string }[],
): void {
  if (asked.bucket !== pair.bucket)
    throw new BackfillError('OutsidePair', `${side}.bucket: ${expectedBucket(pair, others)}`);
  if (!asked.prefix.startsWith(pair.prefix))
    throw new BackfillError(
      'OutsidePair',
      `${side}.prefix: expected one that begins with "${pair.prefix}", the pair's own. Leave it out for the whole pair.`,
    );
}

function expectedBucket({ bucket }: { bucket: string }, others?: readonly { bucket: string }[]): string {
  return others
    ? `expected one of ${[bucket, ...others.map((each) => each.bucket)].join(', ')}; the roles of this restore reach no other. Name it under restore.to of the pair, and deploy that again.`
    : `expected ${bucket}, the pair's own; its roles reach no other. Deploy a pair of its own for another one.`;
}

/** A part of the source goes where the pair puts it: elsewhere it could overwrite the copies of other objects. */
function expectMapping(
  asked: { source: { prefix: string }; destination: { prefix: string } },
  bounds: RunBounds,
): void {
  const mapped = destinationKey(asked.source.prefix, bounds);
  if (asked.destination.prefix !== mapped)
    throw new BackfillError(
      'OutsidePair',
      `destination.prefix: expected "${mapped}", where the pair puts what is under "${asked.source.prefix}". Leave it out.`,
    );
}

function merged(defaults: Record<string, unknown>, given: unknown): unknown {
  if (given === undefined) return defaults;
  return isObject(given) ? { ...defaults, ...given } : given;
}

function only<T extends object>(from: T, ...names: (keyof T)[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
