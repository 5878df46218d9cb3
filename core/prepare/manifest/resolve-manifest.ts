import type { InventoryFile } from '../../../contracts/manifest.js';
import type { BucketAddress } from '../../../contracts/pair.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import type { ResolvedManifest } from '../../../contracts/run.js';
import { inventoryStore } from '../../inventory/inventory-store.js';
import type { Ports } from '../../ports.js';
import { resolveInventory } from './resolve-inventory.js';
import { resolveList } from './resolve-list.js';
import { resolveOwed } from './resolve-owed.js';

/** Where the rows of a run come from, and the lines of `files.jsonl`: what each IndexFile reads. */
export interface ManifestFiles {
  manifest: ResolvedManifest;
  files: InventoryFile[];
}

/**
 * Finds and checks the manifest that a request names. Throws ManifestNotFound, ManifestIncomplete (no checksum yet),
 * ManifestCorrupt (its MD5 or shape, a foreign bucket, a data file outside its own `data/`) or ManifestUnsupported.
 * @param run the run that asks
 */
export async function resolveManifest(
  ports: Pick<Ports, 'inventory' | 'work'>,
  request: RunRequest,
  addressOf: (bucket: string) => BucketAddress,
  run: { id: string; pair: string; startedAt: number },
): Promise<ManifestFiles> {
  const { manifest } = request;
  if (typeof manifest === 'object' && 'list' in manifest) return resolveList(ports, run, request);
  const openBucket = (bucket: string) => inventoryStore(ports, addressOf(bucket));
  if (typeof manifest === 'object' && 'failuresOf' in manifest)
    return resolveOwed(ports.work, request, manifest, { runId: run.id, pair: run.pair });
  return resolveInventory(openBucket, request, manifest);
}
