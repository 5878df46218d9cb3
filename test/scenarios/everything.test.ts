import { GetObjectAclCommand, GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, VERSION_FIELDS, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 100, retryDelayMs: 1 } });
const DAY_MS = 86_400_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const FOREVER = Date.UTC(2099, 0, 1);

describe('A bucket that mixes all there is', () => {
  let world: World;
  let request: RunRequestInput;

  beforeAll(() => {
    const { s3, clock } = test().engine;
    const key = s3.kms.add({});
    for (const side of ['source', 'destination'])
      s3.createBucket(`mixed-${side}`, { ownership: 'BucketOwnerPreferred' });
    world = newWorld(test(), 'mixed');
    // Objects that name none are under KMS at the destination.
    s3.setBucketEncryption(world.destination, { kind: 'SSE-KMS', keyArn: key, bucketKey: true });
    const put = (name: string, body: Buffer | { zeros: number }, more: object = {}) =>
      s3.putObject(world.source, name, body, { lastModified: clock.now() - DAY_MS, ...more });
    put('plain', Buffer.from('plain'));
    put('empty', Buffer.alloc(0));
    put('tagged', Buffer.from('tagged'), {
      tags: { kind: 'holiday' },
      metadata: { owner: 'ann' },
      contentType: 'text/x',
    });
    put('infrequent', Buffer.from('now and then'), { storageClass: 'STANDARD_IA' });
    put('parts', { zeros: 17 * MIB }, { multipartParts: 3, tags: { kind: 'film' } });
    put('large', { zeros: 6 * GIB }, { multipartParts: 12 });
    put('sealed', Buffer.from('under a key'), { encryption: { kind: 'SSE-KMS', keyArn: key } });
    put('sealed parts', { zeros: 12 * MIB }, { multipartParts: 2, encryption: { kind: 'SSE-KMS', keyArn: key } });
    put('without a checksum', Buffer.from('of old'), { checksumAlgorithm: 'none' });
    put('frozen', Buffer.from('ice'), { storageClass: 'GLACIER' });
    put('tiered', Buffer.from('cool'), { storageClass: 'INTELLIGENT_TIERING', archiveTier: 'ARCHIVE_ACCESS' });
    put('shared', Buffer.from('for a friend'), {
      acl: [{ grantee: { type: 'CanonicalUser', id: 'f'.repeat(64) }, permission: 'READ' }],
    });
    world.takeInventory({ files: 3, sorted: false });
    request = {
      ...world.request,
      archived: 'restore',
      restoreTier: 'Expedited',
      acl: 'copy',
      proof: 'strong',
      maxPasses: 3,
    };
  });

  it('is brought over whole: the run restores, waits, copies, and ends Verified', async () => {
    const before = test().engine.clock.now();
    const ended = await test().startAndWait(request, 'mixed-1');
    const summary = expectBooks(test(), 'mixed-1');
    expect({ status: ended.status, cause: ended.cause }).toEqual({ status: 'SUCCEEDED' });
    expect(summary).toMatchObject({ status: 'Verified', expected: 12, verified: { copied: 12 }, archived: 0 });
    // Five minutes for what is archived, and no pass was spent on it.
    const minutes = (test().engine.clock.now() - before) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(5);
    expect(summary.passes).toBeGreaterThan(request.maxPasses ?? 0);
    const { s3 } = test().engine;
    expect(s3.getObject(world.destination, 'frozen')?.storageClass).toBe('GLACIER');
    expect(s3.getObject(world.destination, 'parts')?.etag).toMatch(/-3$/);
    expect(await described(world.destination, 'parts')).toMatchObject({ TagSet: [{ Key: 'kind', Value: 'film' }] });
    expect(await described(world.destination, 'tagged')).toMatchObject({
      ContentType: 'text/x',
      Metadata: { owner: 'ann' },
      TagSet: [{ Key: 'kind', Value: 'holiday' }],
      ServerSideEncryption: 'aws:kms',
    });
    expect(await described(world.destination, 'infrequent')).toMatchObject({ StorageClass: 'STANDARD_IA' });
    const { Grants = [] } = await test().s3.send(new GetObjectAclCommand({ Bucket: world.destination, Key: 'shared' }));
    expect(Grants.map(({ Permission, Grantee }) => `${Permission} ${Grantee?.ID?.slice(0, 3)}`)).toContain('READ fff');
  }, 120_000);

  it('is not copied again: everything is proved by what the first run has on file', async () => {
    const { requests } = test().engine.s3;
    requests.reset();
    await test().startAndWait(request, 'mixed-2');
    expect(expectBooks(test(), 'mixed-2')).toMatchObject({
      status: 'Verified',
      verified: { identical: 12, copied: 0 },
      evidence: { copied: 12, sizeAndTime: 0 },
    });
    for (const operation of ['CopyObject', 'UploadPartCopy', 'PutObject', 'RestoreObject'] as const)
      expect(requests.count({ operation, bucket: world.destination })).toBe(0);
    // And what it carried on is enough for the third.
    await test().startAndWait(request, 'mixed-3');
    expect(expectBooks(test(), 'mixed-3')).toMatchObject({ verified: { identical: 12, copied: 0 } });
  });

  it('names the one object that was corrupted at the destination, same size and newer, and leaves it', async () => {
    test().engine.s3.putObject(world.destination, 'plain', Buffer.from('pla1n'));
    const ended = await test().startAndWait(request, 'mixed-4');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), 'mixed-4')).toMatchObject({ failed: 1, verified: { identical: 11, copied: 0 } });
    expect(await test().failures('mixed-4')).toMatchObject([{ key: 'plain', cause: 'DestinationNewer' }]);
    expect(test().engine.s3.getObject(world.destination, 'plain')?.body.toString()).toBe('pla1n');
  });
});

describe('Versions under Object Lock', () => {
  it('arrive with what holds them, and the second run copies nothing', async () => {
    const { s3 } = test().engine;
    for (const side of ['source', 'destination'])
      s3.createBucket(`locked-${side}`, { objectLock: true, versioning: 'Enabled' });
    const world = newWorld(test(), 'locked');
    const until = { mode: 'GOVERNANCE', retainUntil: FOREVER } as const;
    s3.putObject(world.source, 'a', Buffer.from('one'), { objectLock: until });
    s3.putObject(world.source, 'a', Buffer.from('two'), { objectLock: { legalHold: true } });
    s3.putObject(
      world.source,
      'a',
      { zeros: 12 * MIB },
      { multipartParts: 2, objectLock: { ...until, legalHold: true } },
    );
    s3.deleteObject(world.source, 'a');
    world.takeInventory({
      fields: VERSION_FIELDS,
    });
    const request = { ...world.request, versions: 'all', objectLock: 'copy' } as const;
    const ended = await test().startAndWait(request);
    expect({ status: ended.status, cause: ended.cause }).toEqual({ status: 'SUCCEEDED' });
    const held = (bucket: string) =>
      [...s3.listVersions(bucket, 'a')].map(({ versionId, isDeleteMarker }) =>
        isDeleteMarker ? 'marker' : s3.getObject(bucket, 'a', versionId)?.objectLock,
      );
    expect(held(world.destination)).toEqual(held(world.source));
    expect(held(world.destination)).toHaveLength(4);
    const again = await test().startAndWait(request);
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 4, copied: 0 } });
  });
});

describe('A retention that is over', () => {
  it('is not asked for at the destination, where S3 would refuse it; a legal hold is', async () => {
    const { s3, clock } = test().engine;
    for (const side of ['source', 'destination'])
      s3.createBucket(`over-${side}`, { objectLock: true, versioning: 'Enabled' });
    const world = newWorld(test(), 'over');
    const over = { mode: 'COMPLIANCE', retainUntil: clock.now() - DAY_MS } as const;
    s3.putObject(world.source, 'a', Buffer.from('a'), { objectLock: over });
    s3.putObject(world.source, 'b', Buffer.from('b'), { objectLock: { ...over, legalHold: true } });
    world.takeInventory();
    const ended = await test().startAndWait({ ...world.request, objectLock: 'copy' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 2 } });
    const locks = ['a', 'b'].map((key) => s3.getObject(world.destination, key)?.objectLock);
    expect(locks).toEqual([undefined, { legalHold: true }]);
  });
});

describe('What cannot be copied is a failure with a name, and the run goes on', () => {
  it('a key that may not be used, a customer’s key, a key too long, metadata too large', async () => {
    const { s3, clock } = test().engine;
    const disabled = s3.kms.add({ enabled: false });
    const world = newWorld(test(), 'refused');
    const old = { lastModified: clock.now() - DAY_MS };
    const long = `photos/${'x'.repeat(1015)}`;
    s3.putObject(world.source, 'photos/disabled', Buffer.from('x'), {
      encryption: { kind: 'SSE-KMS', keyArn: disabled },
      ...old,
    });
    s3.putObject(world.source, 'photos/customer', Buffer.from('x'), {
      encryption: { kind: 'SSE-C', customerKey: Buffer.alloc(32, 1) },
      ...old,
    });
    s3.putObject(world.source, long, Buffer.from('x'), old);
    s3.putObject(world.source, 'photos/fine', Buffer.from('x'), old);
    world.takeInventory();
    const ended = await test().startAndWait({
      ...world.request,
      source: { bucket: world.source, prefix: 'photos/' },
      destination: { bucket: world.destination, prefix: 'archive of photos/' },
    });
    expect(ended.error).toBe('VerificationIncomplete');
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 1 }, failed: 3 });
    const failures = await test().failures(ended.runId);
    expect(Object.fromEntries(failures.map(({ key = '', cause }) => [key, cause]))).toEqual({
      'photos/disabled': 'KmsAccessDenied',
      'photos/customer': 'CustomerKeyNeeded',
      [long]: 'KeyTooLongError',
    });
    expect(failures.find(({ cause }) => cause === 'KmsAccessDenied')?.message).toContain(disabled);
    // Without EncryptionStatus in the inventory S3's own refusal says it.
    world.takeInventory({ fields: ['Size', 'LastModifiedDate', 'ETag'] });
    const blind = await test().startAndWait({ ...world.request });
    const causes = (await test().failures(blind.runId)).map(({ key, cause }) => `${key} ${cause}`);
    expect(causes).toContain('photos/customer CustomerKeyNeeded');
    expect(readReport(test(), blind.runId)).toHaveLength(4);
  });
});

/** What HEAD and tagging show of an object. */
async function described(Bucket: string, Key: string) {
  const { $metadata: _, ...head } = await test().s3.send(new HeadObjectCommand({ Bucket, Key }));
  const { TagSet } = await test().s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return { ...head, TagSet };
}
