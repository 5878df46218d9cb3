import type { PairBounds } from '../../../contracts/pair.js';
import { differenceCounts, type DifferenceCounts, type FoundInventories } from '../../../contracts/reconciliation.js';
import { runRequest, type RunRequest } from '../../../contracts/run-request.js';
import type { DeliveredInventory } from '../../../core/prepare/manifest/read-inventory.js';

export const NOW = Date.parse('2026-03-10T06:00:00Z');
export const USUAL =
  'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, EncryptionStatus, ChecksumAlgorithm';

export function bounds(more: Partial<PairBounds> = {}): PairBounds {
  return {
    source: { bucket: 'photos' },
    destination: { bucket: 'replica' },
    inventory: { bucket: 'lists', prefix: '', configId: 'all' },
    destinationInventory: { bucket: 'lists', prefix: 'replica', configId: 'all' },
    maxConcurrency: 10,
    ...more,
  };
}

export function request(more: object = {}): RunRequest {
  return runRequest.parse({
    source: { bucket: 'photos' },
    destination: { bucket: 'replica' },
    manifest: { latest: 's3://lists/photos/all/' },
    ...more,
  });
}

export function delivered(
  time: string,
  { fileFormat = 'CSV', fileSchema = USUAL }: { fileFormat?: 'CSV' | 'Parquet' | 'ORC'; fileSchema?: string } = {},
): DeliveredInventory {
  const at = new Date(Date.parse(time));
  const folder = `${at.toISOString().slice(0, 16).replace(/:/, '-')}Z`;
  const key = `photos/all/${folder}/manifest.json`;
  return {
    bucket: 'lists',
    key,
    name: `s3://lists/${key}`,
    manifest: {
      sourceBucket: 'photos',
      destinationBucket: 'arn:aws:s3:::lists',
      version: '2016-11-30',
      creationTimestamp: String(at.getTime()),
      fileFormat,
      fileSchema,
      files: [],
    },
  };
}

export function counts(more: Partial<DifferenceCounts> = {}): DifferenceCounts {
  const none = Object.fromEntries(Object.keys(differenceCounts.shape).map((name) => [name, 0]));
  return { ...differenceCounts.parse(none), ...more };
}

export function found(more: Partial<FoundInventories> = {}): FoundInventories {
  return {
    day: '2026-03-10',
    scope: 'pair',
    dryRun: false,
    proof: 'listing',
    way: 'compare',
    notes: [],
    source: { address: 's3://lists/photos/all/2026-03-10T01-00Z/manifest.json', takenAt: '2026-03-10T01:00:00.000Z' },
    backfill: {},
    maxDifference: 5,
    ...more,
  };
}
