import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { worldOf, type World } from '../support/world.js';

const test = useEngine();

interface Case {
  title: string;
  /** Spoils the world, or answers a spoiled request. */
  spoil: (world: World) => object;
  error: string;
  says: RegExp;
}

const cases: Case[] = [
  {
    title: 'without a source',
    spoil: ({ request }) => ({ ...request, source: undefined }),
    error: 'InvalidRequest',
    says: /source: /,
  },
  {
    title: 'with an unknown field',
    spoil: ({ request }) => ({ ...request, overwritte: true }),
    error: 'InvalidRequest',
    says: /overwritte/,
  },
  {
    title: 'with a wrong field deep inside',
    spoil: ({ request, source }) => ({ ...request, source: { bucket: source, prefix: 7 } }),
    error: 'InvalidRequest',
    says: /source\.prefix: /,
  },
  {
    title: 'with a time that is none',
    spoil: ({ request }) => ({ ...request, modifiedAfter: 'yesterday' }),
    error: 'InvalidRequest',
    says: /modifiedAfter: expected an ISO 8601 time/,
  },
  {
    title: 'that can mean no object by size',
    spoil: ({ request }) => ({ ...request, minSize: 2, maxSize: 1 }),
    error: 'InvalidRequest',
    says: /minSize: expected at most maxSize/,
  },
  {
    title: 'that can mean no object by time',
    spoil: ({ request }) => ({ ...request, modifiedAfter: '2026-01-02', modifiedBefore: '2026-01-02' }),
    error: 'InvalidRequest',
    says: /modifiedAfter: expected a time before modifiedBefore/,
  },
  {
    title: 'onto itself',
    spoil: ({ request, source }) => ({ ...request, destination: { bucket: source } }),
    error: 'SourceIsDestination',
    says: /Name another bucket/,
  },
  {
    title: 'into a folder of itself',
    spoil: ({ request, source }) => ({ ...request, destination: { bucket: source, prefix: 'copy/' } }),
    error: 'SourceIsDestination',
    says: /copy\//,
  },
  {
    title: 'of a manifest that is not there',
    spoil: ({ request, inventory }) => ({ ...request, manifest: `s3://${inventory}/nowhere/manifest.json` }),
    error: 'ManifestNotFound',
    says: /nowhere/,
  },
  {
    title: 'of the newest inventory where there is none',
    spoil: ({ request, inventory }) => ({ ...request, manifest: { latest: `s3://${inventory}/nowhere/` } }),
    error: 'ManifestNotFound',
    says: /48 hours/,
  },
  {
    title: 'of an inventory that is still being delivered',
    spoil: (world) => (drop(world, 'manifest.checksum'), world.request),
    error: 'ManifestIncomplete',
    says: /which S3 writes last/,
  },
  {
    title: 'of a manifest that was changed',
    spoil: (world) => (rewrite(world, 'manifest.json', (text) => `${text} `), world.request),
    error: 'ManifestCorrupt',
    says: /expected MD5/,
  },
  {
    title: 'of a manifest that is no JSON',
    spoil: (world) => (rewriteManifest(world, () => 'not json'), world.request),
    error: 'ManifestCorrupt',
    says: /does not parse/,
  },
  {
    title: 'of another bucket’s inventory',
    spoil: (world) => (editManifest(world, { sourceBucket: 'somebody-else' }), world.request),
    error: 'ManifestCorrupt',
    says: /sourceBucket/,
  },
  {
    title: 'of a manifest that lies elsewhere',
    spoil: (world) => (editManifest(world, { destinationBucket: 'arn:aws:s3:::elsewhere' }), world.request),
    error: 'ManifestCorrupt',
    says: /destinationBucket/,
  },
  {
    title: 'of a manifest with a data file outside its data folder',
    spoil: (world) => (
      editManifest(world, { files: [{ key: 'private/secret.csv.gz', size: 1, MD5checksum: '0'.repeat(32) }] }),
      world.request
    ),
    error: 'ManifestCorrupt',
    says: /data file 1/,
  },
  {
    title: 'of an ORC inventory',
    spoil: (world) => (editManifest(world, { fileFormat: 'ORC' }), world.request),
    error: 'ManifestUnsupported',
    says: /ORC/,
  },
  {
    title: 'of an inventory without sizes that is to be filtered by size',
    spoil: (world) => (
      editManifest(world, { fileSchema: 'Bucket, Key, LastModifiedDate, ETag' }),
      { ...world.request, minSize: 1 }
    ),
    error: 'ManifestUnsupported',
    says: /minSize and maxSize: .*Size is missing/,
  },
  {
    title: 'of a data file with another MD5',
    spoil: (world) => (rewrite(world, '.csv.gz', (text) => text), replaceData(world, gzipSync('"x"\n')), world.request),
    error: 'ManifestCorrupt',
    says: /csv\.gz/,
  },
  {
    title: 'of a data file that is cut off',
    spoil: (world) => (honestData(world, (body) => body.subarray(0, body.length - 12)), world.request),
    error: 'ManifestCorrupt',
    says: /unexpected end of file/,
  },
  {
    title: 'of a data file that is broken CSV',
    spoil: (world) => (honestData(world, () => gzipSync(`"${world.source}","a"b,c\n`)), world.request),
    error: 'ManifestCorrupt',
    says: /record/,
  },
  {
    title: 'of a data file with rows of another bucket',
    spoil: (world) => (honestRows(world, 'somebody-else', 'key'), world.request),
    error: 'ManifestCorrupt',
    says: /record 1: expected bucket/,
  },
  {
    title: 'of a data file with a key that does not decode',
    spoil: (world) => (honestRows(world, world.source, '%E0%A4'), world.request),
    error: 'ManifestCorrupt',
    says: /record 1: expected a URL-encoded key/,
  },
  {
    title: 'of a data file that is not there',
    spoil: (world) => (drop(world, '.csv.gz'), world.request),
    error: 'ManifestCorrupt',
    says: /is not there/,
  },
  {
    title: 'from a source that may not be listed',
    spoil: (world) => (deny('ListObjectsV2', world.source), world.request),
    error: 'SourceUnreadable',
    says: /AccessDenied/,
  },
  {
    title: 'from a source whose objects may not be read',
    spoil: (world) => (deny('GetObject', world.source), world.request),
    error: 'SourceUnreadable',
    says: /s3:GetObject/,
  },
  {
    title: 'to a destination that may not be written',
    spoil: (world) => (deny('CreateMultipartUpload', world.destination), world.request),
    error: 'DestinationUnwritable',
    says: /s3:PutObject/,
  },
  {
    title: 'to a destination that does not exist',
    spoil: ({ request }) => ({ ...request, destination: { bucket: 'no-such-bucket' } }),
    error: 'DestinationUnwritable',
    says: /NoSuchBucket/,
  },
];

describe('A run', () => {
  it.each(cases)('$title ends with $error and writes nothing to the destination', async ({ spoil, error, says }) => {
    const { s3 } = test().engine;
    const world = worldOf(test(), 5);
    const input = spoil(world);
    s3.requests.reset();
    const ended = await test().startAndWait(input);
    s3.faults.clear();
    expect(ended).toMatchObject({ status: 'FAILED', error });
    const { errorType, errorMessage } = JSON.parse(ended.cause ?? '{}') as { errorType: string; errorMessage: string };
    expect(errorType).toBe(error);
    expect(errorMessage).toMatch(says);
    for (const operation of ['CopyObject', 'PutObject'] as const)
      expect(s3.requests.count({ operation, bucket: world.destination })).toBe(0);
  });

  it('beside a running one of the same pair ends with PairBusy, which names the other', async () => {
    const world = worldOf(test(), 5);
    let second: Promise<{ status: string; error?: string; cause?: string }> | undefined;
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      times: 1,
      effect: { call: async () => void (await (second = test().startAndWait(world.request, 'the-second'))) },
    });
    const first = await test().startAndWait(world.request, 'the-first');
    test().engine.s3.faults.clear();
    expect(first.status).toBe('SUCCEEDED');
    const refused = await second;
    expect(refused).toMatchObject({ status: 'FAILED', error: 'PairBusy' });
    expect(refused?.cause).toContain('the-first');
  });
});

function find({ inventory }: World, ending: string): string {
  const found = [...test().engine.s3.listObjects(inventory)].find(({ key }) => key.endsWith(ending));
  if (!found) throw new Error(`no ${ending} in ${inventory}`);
  return found.key;
}

function drop(world: World, ending: string): void {
  test().engine.s3.deleteObject(world.inventory, find(world, ending));
}

function rewrite(world: World, ending: string, change: (text: string) => string): void {
  const key = find(world, ending);
  const body = test().engine.s3.getObject(world.inventory, key)?.body.toString('latin1') ?? '';
  test().engine.s3.putObject(world.inventory, key, Buffer.from(change(body), 'latin1'));
}

/** Changes the manifest and its checksum with it. */
function rewriteManifest(world: World, change: (text: string) => string): void {
  rewrite(world, 'manifest.json', change);
  const text = test().engine.s3.getObject(world.inventory, find(world, 'manifest.json'))?.body ?? '';
  rewrite(world, 'manifest.checksum', () => createHash('md5').update(text).digest('hex'));
}

function editManifest(world: World, fields: object): void {
  rewriteManifest(world, (text) => JSON.stringify({ ...(JSON.parse(text) as object), ...fields }));
}

function replaceData(world: World, body: Buffer): void {
  test().engine.s3.putObject(world.inventory, find(world, '.csv.gz'), body);
}

/** Replaces the data file, and makes the manifest agree: size and MD5 are right. */
function honestData(world: World, change: (body: Buffer) => Buffer): void {
  const key = find(world, '.csv.gz');
  const body = change(test().engine.s3.getObject(world.inventory, key)?.body ?? Buffer.alloc(0));
  replaceData(world, body);
  editManifest(world, {
    files: [{ key, size: body.length, MD5checksum: createHash('md5').update(body).digest('hex') }],
  });
}

function honestRows(world: World, bucket: string, key: string): void {
  editManifest(world, { fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag' });
  honestData(world, () =>
    gzipSync(`"${bucket}","${key}","1","2026-01-01T00:00:00.000Z","d41d8cd98f00b204e9800998ecf8427e"\n`),
  );
}

function deny(operation: 'ListObjectsV2' | 'GetObject' | 'CreateMultipartUpload', bucket: string): void {
  test().engine.s3.faults.add({ operation, bucket, effect: { error: 'AccessDenied' } });
}
