import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { inventoryManifest, type InventoryFile, type InventoryManifest } from '../../contracts/manifest.js';
import type { BucketAddress } from '../../contracts/pair.js';
import type { RunRequest } from '../../contracts/run-request.js';
import type { Run } from '../../contracts/run.js';
import { BackfillError, StorageError } from '../errors.js';
import { inventoryStore } from '../inventory/inventory-store.js';
import { parseSchema } from '../inventory/schema.js';
import type { FileStore, Ports } from '../ports.js';

export interface ResolvedManifest {
  manifest: Run['manifest'];
  files: InventoryFile[];
}

/** A quarter of a million data files. What is larger is none, and would not fit in a worker's memory. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Finds and checks the manifest that a request names. Throws ManifestNotFound, ManifestIncomplete (no checksum yet),
 * ManifestCorrupt (its MD5 or shape, a foreign bucket, a data file outside its own `data/`) or ManifestUnsupported.
 */
export async function resolveManifest(
  ports: Pick<Ports, 'inventory' | 'work'>,
  request: RunRequest,
  addressOf: (bucket: string) => BucketAddress,
): Promise<ResolvedManifest> {
  const openBucket = (bucket: string) => inventoryStore(ports, addressOf(bucket));
  const { bucket, key, name, text } = await read(openBucket, request);
  const manifest = parse(text, name);
  checkBuckets(manifest, request, bucket, name);
  const columns = parseSchema(manifest.fileSchema, request, name);
  const files = manifest.files.map((file, index) => ({
    file: index,
    key: file.key,
    size: file.size,
    md5: file.MD5checksum,
  }));
  checkPlaces(manifest, key, name);
  return {
    manifest: { bucket, key, createdAt: Number(manifest.creationTimestamp), columns },
    // The Map that reads files.jsonl takes no empty file.
    files: files.length > 0 ? files : [{ file: 0 }],
  };
}

/** What S3 refuses here is a bucket that is not there, or one that we may not read. */
async function read(openBucket: (bucket: string) => FileStore, request: RunRequest) {
  try {
    const { bucket, key } = await locate(openBucket, request);
    const name = `s3://${bucket}/${key}`;
    return { bucket, key, name, text: await readChecked(openBucket(bucket), key, name) };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    const address = typeof request.manifest === 'string' ? request.manifest : request.manifest.latest;
    throw new BackfillError(
      'ManifestNotFound',
      `${address} cannot be read: S3 answered ${error.code}. Allow s3:GetObject and s3:ListBucket on the inventory's bucket, and check that it exists.`,
      { cause: error },
    );
  }
}

/** The manifest's place: as given, or the newest folder of the configuration that has a checksum. */
async function locate(
  openBucket: (bucket: string) => FileStore,
  { manifest }: RunRequest,
): Promise<{ bucket: string; key: string }> {
  if (typeof manifest === 'string') return splitUri(manifest);
  const { bucket, key: prefix } = splitUri(manifest.latest);
  const files = openBucket(bucket);
  const dated: string[] = [];
  for await (const folder of files.folders(prefix))
    if (/\/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z\/$/.test(folder)) dated.push(folder);
  for (const folder of dated.toReversed())
    if (await readBounded(files, `${folder}manifest.checksum`)) return { bucket, key: `${folder}manifest.json` };
  if (dated.length > 0)
    throw new BackfillError(
      'ManifestIncomplete',
      `${manifest.latest}: ${dated.length} inventories are there and none has its manifest.checksum yet, which S3 writes last. Wait for the delivery to end.`,
    );
  throw new BackfillError(
    'ManifestNotFound',
    `${manifest.latest}: expected dated folders such as 2026-01-31T00-00Z/ with a manifest.json; there are none. S3 takes up to 48 hours for the first inventory; check the configuration id.`,
  );
}

function splitUri(uri: string): { bucket: string; key: string } {
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
  const checksumKey = `${key.slice(0, -'manifest.json'.length)}manifest.checksum`;
  const checksum = await readBounded(files, checksumKey);
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
  const { fileFormat } = parsed.data;
  if (fileFormat !== 'CSV')
    throw new BackfillError(
      'ManifestUnsupported',
      `${name}: expected fileFormat CSV, found ${fileFormat}. Set the inventory configuration to CSV and wait for the next delivery.`,
    );
  return parsed.data;
}

/** A manifest never chooses buckets. */
function checkBuckets(manifest: InventoryManifest, request: RunRequest, bucket: string, name: string): void {
  if (manifest.sourceBucket !== request.source.bucket)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: expected an inventory of ${request.source.bucket}, which the request names; its sourceBucket is another one. Name the inventory of the source bucket.`,
    );
  if (manifest.destinationBucket.split(':').at(-1) !== bucket)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: its destinationBucket is not ${bucket}, where it lies. Name the manifest where S3 delivered it.`,
    );
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
