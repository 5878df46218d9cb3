import type { Side } from '../../contracts/live.js';
import type { RunBounds } from '../../contracts/pair.js';
import { isOnePrincipal } from '../../contracts/side.js';
import type { RunRequest } from '../../contracts/run-request.js';
import type { CopyTerms, CopyTools } from '../copy/copy-row.js';
import { Pace } from '../copy/pace.js';
import { ownPrefixes } from '../copy/pace/prefixes.js';
import { UploadRecords } from '../copy/upload-records.js';
import { UNBOUNDED } from '../fences/budget.js';
import { scopeOf } from '../inventory/scope.js';
import { parseRequest } from '../prepare/parse-request.js';
import type { Ports } from '../ports.js';
import { otherThan } from './decide.js';
import type { KeyAsked } from './read-message.js';
import type { SyncTools } from './sync-key.js';
import type { LivePair } from './sync-object.js';

type ToolPorts = Pick<Ports, 'work' | 'pair' | 'syncRecords' | 'clock' | 'random' | 'retryDelayMs'>;

/** What copies each way, on the terms of the pair's runs. Roles of the sides are assumed anew each time. */
export function toolsOf(
  ports: ToolPorts,
  live: LivePair,
  { isLate, until }: { isLate: () => boolean; until: number },
  keys: readonly KeyAsked['keys'][],
): SyncTools {
  const { bounds, direction, propagateDeletes, workers } = live.settings;
  // The fences are those of runs, and so are jobs of S3 Batch Replication.
  const { maxBytes: _, ...there } = parseRequest({ manifest: { list: true }, engine: 'copy' }, bounds);
  const scope = scopeOf(there);
  const to = (side: Side): CopyTools => {
    const from = otherThan(side);
    const terms = termsOf(bounds, side === 'destination' ? there : turned(there, bounds));
    return {
      pair: ports.pair(bounds[from], bounds[side]),
      pace: new Pace(ports, {
        perSecond: (bounds.requestsPerSecond ?? Infinity) / workers,
        prefixes: ownPrefixes(keys.map((each) => each[side])),
        isLate,
      }),
      run: terms,
      proofOf: () => Promise.resolve('none'),
      uploads: new UploadRecords(ports.work, `${liveFolder(live.pair)}uploads/${side}/`, terms),
      budget: UNBOUNDED,
      isLate,
      now: () => ports.clock.now(),
    };
  };
  return {
    records: ports.syncRecords,
    clock: ports.clock,
    rules: { direction, propagateDeletes, overwrite: there.overwrite },
    to: { destination: to('destination'), source: to('source') },
    isFiltered: (key, { size, lastModified, storageClass }) =>
      scope({ key, size, lastModified, storageClass, isLatest: true, isDeleteMarker: false }) !== undefined,
    until,
  };
}

/** Files of a pair's live copy in the work bucket, with a closing slash. */
function liveFolder(pair: string): string {
  return `live/${pair}/`;
}

/** Every object is looked at by HEAD, which tells what a bucket's settings only make likely. */
function termsOf({ source, destination }: RunBounds, request: RunRequest): CopyTerms {
  return {
    request,
    opaqueByDefault: { source: false, destination: false },
    sourceIsWebsite: true,
    isInPlace: isOnePrincipal(source, destination),
  };
}

/** What comes back is given what its place has: the source's key of KMS, and its own storage class. */
function turned(request: RunRequest, { source, destination }: RunBounds): RunRequest {
  const { prefix: near = '' } = source;
  const { prefix: far = near } = destination;
  return {
    ...request,
    source: { bucket: destination.bucket, prefix: far },
    destination: {
      bucket: source.bucket,
      prefix: near,
      ...(source.kmsKeyArn === undefined ? {} : { kmsKeyArn: source.kmsKeyArn }),
    },
  };
}
