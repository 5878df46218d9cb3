import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { inventoryManifest, type InventoryManifest } from '../../../contracts/manifest.js';
import { BackfillError, StorageError } from '../../errors.js';
import { checksumKey } from '../../inventory/own-inventory.js';
import type { FileStore } from '../../ports.js';
import { wordsAboutKeys } from '../../report/remedies.js';
import { isThere } from '../../run-files.js';

/** `s3://…/manifest.json`, or the folder of a configuration, of whose inventories the newest is taken that was delivered whole. */
export type InventoryAddress = string | { latest: string };

/** A manifest.json, where it lies, and `name`, by which errors call it. */
export interface DeliveredInventory {
  bucket: string;
  key: string;
  name: string;
  manifest: InventoryManifest;
}

/** A quarter of a million data files. What is larger is none, and would not fit in a worker's memory. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Finds the manifest of an S3 Inventory and checks what does not depend on who asks: its MD5, its shape, that it lies where S3
 * delivered it and its data files under its own `data/`. Throws ManifestNotFound, ManifestIncomplete (no checksum yet) or
 * ManifestCorrupt.
 */
export async function readInventory(
  openBucket: (bucket: string) => FileStore,
  address: InventoryAddress,
): Promise<DeliveredInventory> {
  const { bucket, key, name, text } = await read(openBucket, address);
  const manifest = parse(text, name);
  if (manifest.destinationBucket.split(':').at(-1) !== bucket)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: its destinationBucket is not ${bucket}, where it lies. Name the manifest where S3 delivered it.`,
    );
  checkPlaces(manifest, key, name);
  return { bucket, key, name, manifest };
}

/** What S3 refuses here is a bucket that is not there, or one that we may not read. */
async function read(openBucket: (bucket: string) => FileStore, address: InventoryAddress) {
  try {
    const { bucket, key } = await locate(openBucket, address);
    const name = `s3://${bucket}/${key}`;
    return { bucket, key, name, text: await readChecked(openBucket(bucket), key, name) };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    const asked = typeof address === 'string' ? address : address.latest;
    const aboutKeys = wordsAboutKeys(error);
    // They are those of the source.
    if (aboutKeys !== undefined)
      throw new BackfillError('SourceUnreadable', `${asked} cannot be read: ${aboutKeys}`, { cause: error });
    throw new BackfillError(
      'ManifestNotFound',
      `${asked} cannot be read: S3 answered ${error.code}. Allow s3:GetObject and s3:ListBucket on the inventory's bucket, and check that it exists.`,
      { cause: error },
    );
  }
}

/** The manifest's place: as given, or the newest folder of the configuration that has a checksum. */
async function locate(
  openBucket: (bucket: string) => FileStore,
  manifest: InventoryAddress,
): Promise<{ bucket: string; key: string }> {
  if (typeof manifest === 'string') return splitUri(manifest);
  const { bucket, key: prefix } = splitUri(manifest.latest);
  const files = openBucket(bucket);
  const dated: string[] = [];
  for await (const folder of files.folders(prefix))
    if (/\/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z\/$/.test(folder)) dated.push(folder);
  for (const folder of dated.toReversed()) {
    const key = `${folder}manifest.json`;
    if (await isThere(files, checksumKey(key))) return { bucket, key };
  }
  if (dated.length > 0)
    throw new BackfillError(
      'ManifestIncomplete',
      `${manifest.latest}: ${dated.length} inventories are there and none has its manifest.checksum yet, which S3 writes last. Wait for the delivery to end.`,
    );
  throw new BackfillError(
    'ManifestNotFound',
    `${manifest.latest}: expected dated folders such as 2026-01-31T00-00Z/ with a manifest.json; there are none. S3 takes up to 48 hours for the first inventory: check the configuration id, or start a run that lists the source itself, with manifest {"list": true}.`,
  );
}

export function splitUri(uri: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  return { bucket, key };
}

async function readChecked(files: FileStore, key: string, name: string): Promise<string> {
  const file = await readBounded(files, key);
  if (!file)
    throw new BackfillError(
      'ManifestNotFound',
      `${name}: there is no such object. Check the address; an inventory's manifest lies under <prefix>/<source bucket>/<configuration id>/<date>/.`,
    );
  const checksum = await readBounded(files, checksumKey(key));
  if (!checksum)
    throw new BackfillError(
      'ManifestIncomplete',
      `${name}: its manifest.checksum, which S3 writes last, is not there yet. Wait for the delivery to end.`,
    );
  const expected = checksum.toString('utf8').trim().toLowerCase();
  const found = createHash('md5').update(file).digest('hex');
  if (found !== expected)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: expected MD5 ${expected.slice(0, 32)} as manifest.checksum says, found ${found}. Take a newer inventory.`,
    );
  return file.toString('utf8');
}

async function readBounded(files: FileStore, key: string): Promise<Buffer | undefined> {
  const file = await files.stream(key);
  if (!file || file.size <= MAX_MANIFEST_BYTES) return file && buffer(file.body);
  file.body.destroy();
  throw new BackfillError(
    'ManifestCorrupt',
    `s3://${files.bucket}/${key}: expected at most ${MAX_MANIFEST_BYTES} bytes, found ${file.size}. Name the manifest.json of an S3 Inventory.`,
  );
}

function parse(text: string, name: string): InventoryManifest {
  const corrupt = (what: string) => new BackfillError('ManifestCorrupt', `${name}: ${what}. Take a newer inventory.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corrupt('expected JSON, and it does not parse');
  }
  const parsed = inventoryManifest.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw corrupt(`not the manifest of an S3 Inventory: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
  }
  return parsed.data;
}

/** Data files lie under the configuration's own `data/`, beside the dated folders. */
function checkPlaces(manifest: InventoryManifest, key: string, name: string): void {
  const home = [...key.split('/').slice(0, -2), 'data', ''].join('/');
  if (new Set(manifest.files.map(({ key }) => key)).size < manifest.files.length)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: expected each data file once; one is named twice. Take a newer inventory.`,
    );
  const strays = manifest.files.findIndex((file) => !file.key.startsWith(home));
  if (strays >= 0)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: data file ${strays + 1} does not lie under the configuration's own ${home}. Name the manifest where S3 delivered it.`,
    );
}
