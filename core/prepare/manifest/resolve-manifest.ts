import type { InventoryFile } from '../../../contracts/manifest.js';
import type { BucketAddress } from '../../../contracts/pair.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import type { ResolvedManifest } from '../../../contracts/run.js';
import { inventoryStore } from '../../inventory/inventory-store.js';
import type { Ports } from '../../ports.js';
import { resolveInventory } from './resolve-inventory.js';
import { resolveOwed, type Asker } from './resolve-owed.js';

/** Where the rows of a run come from, and the lines of `files.jsonl`: what each IndexFile reads. */
export interface ManifestFiles {
  manifest: ResolvedManifest;
  files: InventoryFile[];
}

/**
 * Finds and checks the manifest that a request names. Throws ManifestNotFound, ManifestIncomplete (no checksum yet),
 * ManifestCorrupt (its MD5 or shape, a foreign bucket, a data file outside its own `data/`) or ManifestUnsupported.
 * @param asker the run that asks, where one does
 */
export async function resolveManifest(
  ports: Pick<Ports, 'inventory' | 'work'>,
  request: RunRequest,
  addressOf: (bucket: string) => BucketAddress,
  asker: Asker = {},
): Promise<ManifestFiles> {
  const openBucket = (bucket: string) => inventoryStore(ports, addressOf(bucket));
  const { manifest } = request;
  if (typeof manifest === 'object' && 'failuresOf' in manifest)
    return resolveOwed(ports.work, request, manifest, asker);
  return resolveInventory(openBucket, request, manifest);
}
