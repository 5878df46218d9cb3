import { runRequest } from '../../contracts/run-request.js';
import type { Run } from '../../contracts/run.js';

/** A run that brings one bucket over to another, as PrepareRun writes it down. */
export function benchRun(
  id: string,
  { source, destination, columns = ['Bucket', 'Key'] }: { source: string; destination: string; columns?: string[] },
): Run {
  const inventory = 'inventories';
  return {
    id,
    pair: 'bench',
    executionArn: `arn:aws:states:us-east-1:123456789012:execution:s3-backfill-bench:${id}`,
    startedAt: Date.UTC(2026, 0, 2),
    request: runRequest.parse({
      source: { bucket: source },
      destination: { bucket: destination },
      manifest: `s3://${inventory}/manifest.json`,
    }),
    scope: 'pair',
    isBound: false,
    buckets: { source: { bucket: source }, destination: { bucket: destination }, inventory: { bucket: inventory } },
    manifest: {
      kind: 'inventory',
      bucket: inventory,
      key: 'manifest.json',
      createdAt: Date.UTC(2026, 0, 1),
      columns,
    },
    opaqueByDefault: { source: false, destination: false },
    sourceIsWebsite: false,
    isInPlace: true,
    provenBy: [],
  };
}
