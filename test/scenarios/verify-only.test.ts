import { PutObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunCause } from '../../contracts/run-cause.js';
import { openEngine, useEngine, type EngineUnderTest } from '../support/engine.js';
import { boundsOf, expectBooks, newWorld, readReport, VERSION_FIELDS, type World } from '../support/world.js';

const MIB = 1024 ** 2;
const WEEK_MS = 7 * 86_400_000;
const NAME = 'theirs';

describe('What another tool has copied, looked at by runs with engine "none"', () => {
  let test: EngineUnderTest;
  let world: World;
  beforeAll(async () => {
    test = await openEngine({ pipeline: { pair: NAME, bounds: boundsOf(NAME), chunkRows: 3, retryDelayMs: 1 } });
    world = newWorld(test, NAME);
    await copyAsStrangersDo(test, world);
  }, 60_000);
  afterAll(() => test.close());

  it('is named where it was missed; nothing is written, and the end says how exactly that is copied', async () => {
    const before = world.contents(world.destination);
    test.engine.s3.requests.reset();
    const ended = await test.startAndWait({ engine: 'none' }, 'looked');
    expect(writesTo(test, world.destination)).toBe(0);
    expect(writesTo(test, world.source)).toBe(0);
    expect(world.contents(world.destination)).toEqual(before);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(failedRows(test, 'looked')).toEqual({
      'differs.txt': 'DiffersByEtag',
      'missing.txt': 'Missing',
      'sealed.txt': 'DiffersByChecksum',
      'truncated.txt': 'DiffersBySize',
    });
    expect(expectBooks(test, 'looked')).toMatchObject({
      status: 'VerificationIncomplete',
      expected: 9,
      verified: { identical: 4, copied: 0 },
      gone: 1,
      drift: 1,
      passes: 1,
      evidence: { etag: 2, checksum: 1, copied: 0, sizeAndTime: 1 },
      message: expect.stringMatching(/^4 of 9 objects are not proved .* Nothing was copied\. Copy exactly these: /),
      links: {
        redrive: 'npx s3-backfill start --redrive looked --pair theirs --engine copy --proof strong --overwrite always',
        redriveInput: '{"manifest":{"failuresOf":"looked"},"engine":"copy","proof":"strong","overwrite":"always"}',
      },
    });
    const cause = JSON.parse(ended.cause ?? '') as RunCause;
    expect(cause.causes.map(({ cause, rows }) => [cause, rows])).toEqual(
      expect.arrayContaining([
        ['Missing', 1],
        ['DiffersBySize', 1],
        ['DiffersByEtag', 1],
        ['DiffersByChecksum', 1],
      ]),
    );
    const table = await test.failures('looked');
    expect(Object.fromEntries(table.map(({ key, message }) => [key, message]))).toMatchObject({
      'missing.txt': 'Nothing is at the destination under this key.',
      'truncated.txt': 'The destination object has 9 bytes, the source object 21.',
    });
  }, 60_000);

  it('counts as unproved, with proof "strong", where equal bytes came in other parts and nothing tells', async () => {
    await test.startAndWait({ engine: 'none', proof: 'strong' }, 'strictly');
    expect(failedRows(test, 'strictly')).toMatchObject({ 'film.bin': 'Unproved' });
    expect(expectBooks(test, 'strictly')).toMatchObject({ failed: 5, evidence: { etag: 2, checksum: 1 } });
  }, 60_000);

  it('is repaired by the input that the end names, object by object, and then Verified', async () => {
    const { links } = expectBooks(test, 'looked');
    const repaired = await test.startAndWait(JSON.parse(links.redriveInput ?? '') as object, 'repaired');
    expect(repaired.status).toBe('SUCCEEDED');
    expect(expectBooks(test, 'repaired')).toMatchObject({ expected: 4, verified: { copied: 4, identical: 0 } });
    expect((await test.failures('looked')).map(({ status, resolvedBy }) => [status, resolvedBy])).toEqual(
      Array.from({ length: 4 }, () => ['resolved', 'repaired']),
    );
    const { 'extra.txt': extra, ...copies } = world.contents(world.destination);
    expect(extra).toBe('nobody asked for it');
    expect(copies).toEqual(world.contents(world.source));

    const again = await test.startAndWait({ engine: 'none' }, 'looked-again');
    expect(again.status).toBe('SUCCEEDED');
    expect(expectBooks(test, 'looked-again')).toMatchObject({
      status: 'Verified',
      verified: { identical: 8, copied: 0 },
      gone: 1,
      message: expect.stringMatching(
        /^8 of 9 objects are at the destination, each with its evidence; nothing was copied\./,
      ),
    });
  }, 60_000);
});

describe('A run with engine "none"', () => {
  const test = useEngine({ pipeline: { chunkRows: 100, retryDelayMs: 1 } });

  it('names the versions that a tool left out, which copies none but the current one', async () => {
    const { engine } = test();
    for (const side of ['source', 'destination']) engine.s3.createBucket(`layers-${side}`, { versioning: 'Enabled' });
    const world = newWorld(test(), 'layers');
    const bring = (key: string, body: string) => engine.s3.putObject(world.destination, key, Buffer.from(body));
    for (const key of ['begun', 'top', 'whole']) for (const body of ['one', 'two']) world.put(key, body);
    bring('begun', 'one');
    bring('top', 'two');
    for (const body of ['one', 'two']) bring('whole', body);
    world.takeInventory({ fields: VERSION_FIELDS });
    engine.s3.requests.reset();
    const request = { ...world.request, engine: 'none', versions: 'all' } as const;
    expect(await test().startAndWait(request, 'layers')).toMatchObject({ status: 'FAILED' });
    expect(writesTo(test(), world.destination)).toBe(0);
    expect(expectBooks(test(), 'layers')).toMatchObject({ expected: 6, verified: { identical: 2 }, failed: 4 });
    const failed = readReport(test(), 'layers').filter(({ status }) => status === 'failed');
    expect(failed.map(({ key, errorCode }) => `${key} ${errorCode}`).toSorted()).toEqual([
      'begun AnotherVersionFailed',
      'begun Missing',
      'top VersionsDiverge',
      'top VersionsDiverge',
    ]);
  });

  it('counts what is archived and missing as archived, and as missed where it was to be restored', async () => {
    const { engine } = test();
    const world = newWorld(test());
    const old = { lastModified: engine.clock.now() - WEEK_MS };
    engine.s3.putObject(world.source, 'ice', Buffer.from('cold'), { ...old, storageClass: 'GLACIER' });
    world.takeInventory();
    await test().startAndWait({ ...world.request, engine: 'none' }, 'cold');
    expect(expectBooks(test(), 'cold')).toMatchObject({ status: 'Verified', archived: 1, failed: 0 });
    engine.s3.requests.reset();
    await test().startAndWait({ ...world.request, engine: 'none', archived: 'restore' }, 'colder');
    expect(failedRows(test(), 'colder')).toEqual({ ice: 'Missing' });
    expect(writesTo(test(), world.source)).toBe(0);
  });

  it('ends at once where the destination cannot be listed, with what to allow', async () => {
    const world = newWorld(test());
    world.put('a');
    world.takeInventory();
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      effect: { error: 'AccessDenied' },
    });
    const ended = await test().startAndWait({ ...world.request, engine: 'none' });
    test().engine.s3.faults.clear();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DestinationUnreadable' });
    expect(ended.cause).toContain('Allow s3:ListBucket, s3:GetObject');
  });

  it('looks again, in another pass, at what S3 did not answer for', async () => {
    const world = newWorld(test());
    for (const key of ['a', 'b', 'c']) world.put(key);
    world.takeInventory();
    for (const key of ['a', 'b', 'c'])
      test().engine.s3.putObject(world.destination, key, Buffer.from(`body of ${key}`), { multipartParts: 2 });
    test().engine.s3.faults.add({
      operation: 'HeadObject',
      bucket: world.destination,
      key: 'b',
      times: 5,
      effect: { error: 'InternalError' },
    });
    await test().startAndWait({ ...world.request, engine: 'none' }, 'again');
    expect(expectBooks(test(), 'again')).toMatchObject({ status: 'Verified', passes: 2, verified: { identical: 3 } });
  });
});

/** A week old at the source; brought over by tools that know nothing of us. */
async function copyAsStrangersDo({ engine, s3 }: EngineUnderTest, world: World): Promise<void> {
  const { source, destination } = world;
  const old = { lastModified: engine.clock.now() - WEEK_MS };
  const film = Buffer.alloc(12 * MIB, 'film');
  const sealed = { encryption: { kind: 'SSE-KMS' } } as const;
  for (const name of ['same', 'missing', 'truncated', 'differs', 'gone', 'newer']) world.put(`${name}.txt`);
  engine.s3.putObject(source, 'film.bin', film, { ...old, multipartParts: 3 });
  engine.s3.putObject(source, 'photo.bin', film, { ...old, multipartParts: 3 });
  engine.s3.putObject(source, 'sealed.txt', Buffer.from('body of sealed.txt'), { ...old, ...sealed });
  world.takeInventory();
  engine.s3.deleteObject(source, 'gone.txt');
  engine.s3.putObject(source, 'newer.txt', Buffer.from('written after the inventory'));

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: destination, Key, Body }));
  const upload = (Key: string, more: object) =>
    new Upload({ client: s3, partSize: 6 * MIB, params: { Bucket: destination, Key, Body: film, ...more } }).done();
  await put('same.txt', 'body of same.txt');
  await put('truncated.txt', 'body of t');
  await put('differs.txt', 'Body of differs.txt');
  await put('newer.txt', 'written after the inventory');
  await put('extra.txt', 'nobody asked for it');
  // The SDK's own choice of a checksum is one of the parts'; the aws command's, since 2.23, is one of the whole object.
  await upload('film.bin', {});
  await upload('photo.bin', { ChecksumAlgorithm: 'CRC64NVME' });
  engine.s3.putObject(destination, 'sealed.txt', Buffer.from('Body of sealed.txt'), sealed);
}

function writesTo({ engine }: EngineUnderTest, bucket: string): number {
  return (
    [
      'PutObject',
      'CopyObject',
      'DeleteObject',
      'CreateMultipartUpload',
      'UploadPart',
      'UploadPartCopy',
      'CompleteMultipartUpload',
      'AbortMultipartUpload',
      'RestoreObject',
    ] as const
  )
    .map((operation) => engine.s3.requests.count({ operation, bucket }))
    .reduce((sum, each) => sum + each, 0);
}

function failedRows(test: EngineUnderTest, runId: string): Record<string, string> {
  const failed = readReport(test, runId).filter(({ status }) => status === 'failed');
  return Object.fromEntries(failed.map(({ key, errorCode }) => [key, errorCode]));
}
