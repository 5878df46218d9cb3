import { liveRunOf } from '../../../contracts/live-run.js';
import type { InventoryFile } from '../../../contracts/manifest.js';
import type { ReachedAddress } from '../../../contracts/side.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import type { AskingRun, ResolvedManifest } from '../../../contracts/run.js';
import { inventoryStore } from '../../inventory/inventory-store.js';
import type { Ports } from '../../ports.js';
import { resolveCsv } from './resolve-csv.js';
import { resolveInventory } from './resolve-inventory.js';
import { resolveList } from './resolve-list.js';
import { resolveLive } from './resolve-live.js';
import { resolveOwed } from './resolve-owed.js';

/** Where the rows of a run come from, and the lines of `files.jsonl`: what each IndexFile reads. */
export interface ManifestFiles<Manifest extends ResolvedManifest = ResolvedManifest> {
  manifest: Manifest;
  files: InventoryFile[];
}

/** Of a CSV manifest: half a million rows and more, some seconds of a worker. */
const PIECE_BYTES = 64 * 1024 * 1024;

/**
 * Finds and checks the manifest that a request names. Throws ManifestNotFound, ManifestIncomplete (no checksum yet),
 * ManifestCorrupt (its MD5 or shape, a foreign bucket, a data file outside its own `data/`) or ManifestUnsupported.
 * @param run the run that asks
 * @param pieceBytes how much of a CSV manifest one line of `files.jsonl` is about
 */
export async function resolveManifest(
  ports: Pick<Ports, 'inventory' | 'work' | 'failures'>,
  request: RunRequest,
  addressOf: (bucket: string) => ReachedAddress,
  run: AskingRun,
  pieceBytes = PIECE_BYTES,
): Promise<ManifestFiles> {
  const { manifest } = request;
  const openBucket = (bucket: string) => inventoryStore(ports, addressOf(bucket));
  if (typeof manifest === 'string' || 'latest' in manifest) return resolveInventory(openBucket, request, manifest);
  if ('csv' in manifest) return resolveCsv(openBucket, request, manifest.csv, pieceBytes);
  if ('list' in manifest) return resolveList(ports, run, request);
  if (liveRunOf(manifest.failuresOf)) return resolveLive(ports, request, manifest, run, pieceBytes);
  return resolveOwed(ports.work, request, manifest, run);
}
