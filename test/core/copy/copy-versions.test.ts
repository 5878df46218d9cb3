import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { verifyChunk } from '../../../core/verify/verify-chunk.js';
import { runOf, writeChunk, writeRun } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();
const FROM = 'versions';
const TO = 'versions-copy';
const DONE = { done: true, cursor: null, stop: null };

beforeAll(() => {
  for (const bucket of [FROM, TO]) storage().s3.createBucket(bucket, { versioning: 'Enabled' });
});

describe('All versions of a key', () => {
  it('arrive in order, delete markers among them', async () => {
    put('order/a', 'one', 'two', null, 'three', null);
    const { counts } = await copyAll('order', 'order/');
    expect(sequence(TO, 'order/a')).toEqual(['one', 'two', null, 'three', null]);
    expect(counts).toMatchObject({ copied: 5, owed: 0, evidence: { copied: 5 } });
  });

  it('arrive in the order in which they came, also within one second', async () => {
    for (let time = 0; time < 5; time++) put('second/a', `content ${time}`, null);
    const { counts } = await copyAll('second', 'second/', { shuffled: true });
    expect(sequence(TO, 'second/a')).toEqual(sequence(FROM, 'second/a'));
    expect(counts).toMatchObject({ copied: 10, owed: 0 });
  });

  it('are there already: nothing is sent, and a listing is all that it takes', async () => {
    put('there/a', 'one', null, 'two');
    await copyAll('there', 'there/');
    const sent = asked();
    const { counts } = await copyAll('there-again', 'there/');
    expect(sent()).toBe(0);
    expect(counts).toMatchObject({ identical: 3, copied: 0, owed: 0, evidence: { etag: 3 } });
  });

  it('are gone on with where the destination has a beginning of them', async () => {
    put('more/a', 'one', 'two');
    await copyAll('more', 'more/');
    put('more/a', 'three', null);
    const { counts } = await copyAll('more-again', 'more/');
    expect(sequence(TO, 'more/a')).toEqual(['one', 'two', 'three', null]);
    expect(counts).toMatchObject({ identical: 2, copied: 2, owed: 0 });
  });

  it('with the same content twice are two versions', async () => {
    put('twice/a', 'same', 'same');
    await copyAll('twice', 'twice/');
    expect(sequence(TO, 'twice/a')).toEqual(['same', 'same']);
  });

  it('of several keys are copied, each in its order, under the destination’s prefix', async () => {
    for (const key of ['many/a', 'many/b', 'many/b/c', 'many/é']) put(key, `${key} 1`, `${key} 2`);
    await copyAll('many', 'many/', {
      request: { source: { bucket: FROM, prefix: 'many/' }, destination: { bucket: TO, prefix: 'moved/' } },
    });
    for (const key of ['a', 'b', 'b/c', 'é'])
      expect(sequence(TO, `moved/${key}`)).toEqual([`many/${key} 1`, `many/${key} 2`]);
  });

  it('begin with the null version of the days before versioning', async () => {
    storage().s3.createBucket('late');
    storage().s3.putObject('late', 'null/a', Buffer.from('before'), { lastModified: 0 });
    await enableVersioning('late');
    storage().s3.putObject('late', 'null/a', Buffer.from('after'));
    await copyAll('null', 'null/', { from: 'late' });
    expect(sequence(TO, 'null/a')).toEqual(['before', 'after']);
  });
});

describe('A destination whose versions are no beginning of the source’s', () => {
  it.each<[string, (string | null)[]]>([
    ['another one', ['other']],
    ['the newest alone, as live replication leaves it', ['two']],
    ['a marker in the place of a version', [null]],
    ['one more', ['one', 'two', 'three']],
  ])('is left as it is: %s', async (name, there) => {
    const key = `diverges/${name}`;
    put(key, 'one', 'two');
    putAt(TO, key, ...there);
    const { counts } = await copyAll(`diverges-${there.length}-${String(there[0])}`, key);
    expect(sequence(TO, key)).toEqual(there);
    expect(counts).toMatchObject({ owed: 2, causes: { VersionsDiverge: 2 } });
  });

  it('but ends with all of them needs nothing: the source’s older ones have expired', async () => {
    put('expired/a', 'two', 'three');
    putAt(TO, 'expired/a', 'one', 'two', 'three');
    const { counts } = await copyAll('expired', 'expired/');
    expect(counts).toMatchObject({ identical: 2, owed: 0 });
    expect(sequence(TO, 'expired/a')).toEqual(['one', 'two', 'three']);
  });
});

describe('A version that', () => {
  it('is gone since the inventory is gone, and the others arrive', async () => {
    put('gone/a', 'one', 'two', 'three');
    const rows = rowsOf(FROM, 'gone/');
    storage().s3.deleteObject(FROM, 'gone/a', rows[1]?.versionId);
    const { counts } = await copyAll('gone', 'gone/', { rows });
    expect(counts).toMatchObject({ copied: 2, gone: 1, owed: 0 });
    expect(sequence(TO, 'gone/a')).toEqual(['one', 'three']);
    const again = await copyAll('gone-again', 'gone/', { rows });
    expect(again.counts).toMatchObject({ identical: 2, gone: 1, owed: 0 });
  });

  it('fails holds back those above it, and nothing is put on top; the next pass brings them all', async () => {
    put('fails/a', 'one', 'two', 'three');
    const fault = storage().s3.faults.add({
      operation: 'CopyObject',
      sourceKey: 'fails/a',
      skip: 1,
      effect: { error: 'AccessDenied' },
    });
    const { counts, owed } = await copyAll('fails', 'fails/');
    expect(fault.hits).toBe(1);
    expect(sequence(TO, 'fails/a')).toEqual(['one']);
    // All of its versions go on, since they are compared from the first on.
    expect(counts).toMatchObject({ owed: 3, causes: { AccessDenied: 1, AnotherVersionFailed: 2 } });
    storage().s3.faults.clear();
    const next = await copyAll('fails', 'fails/', { pass: 2, rows: owed });
    expect(next.counts).toMatchObject({ identical: 1, copied: 2, owed: 0 });
    expect(sequence(TO, 'fails/a')).toEqual(['one', 'two', 'three']);
  });

  it('was put by an earlier call is known as that one, whatever its ETag', async () => {
    seal('late/a', 'one', 'two', 'three');
    const rows = rowsOf(FROM, 'late/', 'SSE-KMS');
    const sent = asked();
    const late = () => (sent() > 0 ? 0 : 600_000);
    const { counts } = await copyAll('late', 'late/', { rows, firstCallEnds: late });
    expect(counts).toMatchObject({ copied: 3, identical: 0, owed: 0 });
    expect(sequence(TO, 'late/a')).toEqual(['one', 'two', 'three']);
  });

  it('was put while its answer was lost is not put twice', async () => {
    put('lost/a', 'one', null, 'two', null);
    storage().s3.faults.add({ operation: 'CopyObject', sourceKey: 'lost/a', times: 1, effect: { drop: 'after' } });
    storage().s3.faults.add({ operation: 'DeleteObject', bucket: TO, times: 1, effect: { drop: 'after' } });
    const { counts } = await copyAll('lost', 'lost/');
    expect(sequence(TO, 'lost/a')).toEqual(['one', null, 'two', null]);
    expect(counts).toMatchObject({ owed: 0 });
  });

  it('came in parts is copied in the same parts', async () => {
    const zeros = { zeros: 12 * 1024 ** 2 };
    for (const multipartParts of [2, 1]) storage().s3.putObject(FROM, 'parts/a', zeros, { multipartParts });
    await copyAll('parts', 'parts/');
    const etags = (bucket: string) => [...storage().s3.listVersions(bucket, 'parts/a')].map(({ etag }) => etag);
    expect(etags(TO)).toEqual(etags(FROM));
    expect(etags(TO)).toEqual([expect.stringMatching(/-1$/), expect.stringMatching(/-2$/)]);
  });

  it('is archived and left out does not stand in the way of the others', async () => {
    storage().s3.putObject(FROM, 'cold/a', Buffer.from('ice'), { storageClass: 'GLACIER' });
    put('cold/a', 'two');
    const { counts } = await copyAll('cold', 'cold/');
    expect(counts).toMatchObject({ archived: 1, copied: 1, owed: 0 });
    const again = await copyAll('cold-again', 'cold/');
    expect(again.counts).toMatchObject({ archived: 1, identical: 1, owed: 0 });
  });
});

describe('An old version never comes to lie on a newer one', () => {
  it('where live replication brought what the source got after the inventory, with bytes that it had before', async () => {
    put('later/a', 'one', 'two');
    const rows = rowsOf(FROM, 'later/');
    put('later/a', 'one');
    putAt(TO, 'later/a', 'one');
    const { counts } = await copyAll('later', 'later/', { rows });
    expect(counts).toMatchObject({ owed: 2, causes: { VersionsDiverge: 2 } });
    expect(sequence(TO, 'later/a')).toEqual(['one']);
  });

  it('where nothing but size and time speaks for what lies there', async () => {
    const keyArn = storage().s3.kms.add({});
    const sealed = { encryption: { kind: 'SSE-KMS', keyArn }, checksumAlgorithm: 'none' } as const;
    for (const body of ['aaa', 'bbb']) storage().s3.putObject(FROM, 'blessed/a', Buffer.from(body), sealed);
    storage().s3.putObject(TO, 'blessed/a', Buffer.from('ccc'), sealed);
    const { counts } = await copyAll('blessed', 'blessed/');
    expect(counts).toMatchObject({ owed: 2, causes: { Unproved: 2 } });
    expect(sequence(TO, 'blessed/a')).toEqual(['ccc']);
  });

  it('and no delete marker on an object that came since the listing', async () => {
    put('hidden/a', null, 'two');
    storage().s3.faults.add({
      operation: 'ListObjectVersions',
      bucket: FROM,
      times: 1,
      effect: { call: () => putAt(TO, 'hidden/a', 'newest') },
    });
    const { counts } = await copyAll('hidden', 'hidden/');
    expect(counts).toMatchObject({ owed: 2, causes: { VersionsDiverge: 2 } });
    expect(sequence(TO, 'hidden/a')).toEqual(['newest']);
  });
});

describe('A version that is none of its neighbours', () => {
  it('is put once where it has their bytes and its answer was lost', async () => {
    put('alike/a', 'same', 'same');
    const fault = { operation: 'CopyObject', sourceKey: 'alike/a', skip: 1, times: 1 } as const;
    storage().s3.faults.add({ ...fault, effect: { drop: 'after' } });
    const { counts } = await copyAll('alike', 'alike/');
    expect(sequence(TO, 'alike/a')).toEqual(['same', 'same']);
    expect(counts).toMatchObject({ owed: 0 });
  });

  it('does not hold up the newer ones where it has expired at the source and is at its place', async () => {
    put('oldest/a', 'one', 'two');
    await copyAll('oldest', 'oldest/');
    put('oldest/a', 'three');
    const rows = rowsOf(FROM, 'oldest/');
    storage().s3.deleteObject(FROM, 'oldest/a', rows[0]?.versionId);
    const { counts } = await copyAll('oldest-again', 'oldest/', { rows });
    expect(counts).toMatchObject({ identical: 2, copied: 1, owed: 0 });
    expect(sequence(TO, 'oldest/a')).toEqual(['one', 'two', 'three']);
  });

  it('is a failure with its name where only its owner can read it, and the chunk goes on', async () => {
    const customers = { encryption: { kind: 'SSE-C', customerKey: Buffer.alloc(32, 1) } } as const;
    storage().s3.putObject(FROM, 'sealed/a', Buffer.from('one'), customers);
    put('sealed/a', 'two');
    putAt(TO, 'sealed/a', 'one');
    put('sealed/b', 'fine');
    const rows = rowsOf(FROM, 'sealed/').map((row, index) => (index === 0 ? { ...row, encryption: 'SSE-C' } : row));
    const { counts } = await copyAll('sealed', 'sealed/', { rows, request: { proof: 'strong' } });
    expect(counts).toMatchObject({ copied: 1, owed: 2, causes: { CustomerKeyNeeded: 2 } });
  });

  it('is restored together with the others that are archived', async () => {
    for (const body of ['one', 'two', 'three'])
      storage().s3.putObject(FROM, 'frozen/a', Buffer.from(body), { storageClass: 'GLACIER' });
    const restores = () => storage().s3.requests.count({ operation: 'RestoreObject' });
    const before = restores();
    const { counts } = await copyAll('frozen', 'frozen/', { request: { archived: 'restore' } });
    expect(restores() - before).toBe(3);
    expect(counts).toMatchObject({ owed: 3, causes: { RestoreUnderWay: 3 } });
  });
});

describe('A sequence is verified', () => {
  it('and is not believed where another writer came between', async () => {
    put('between/a', 'one', 'two');
    const { counts } = await copyAll('between', 'between/', {
      meanwhile: () => {
        const [newest] = [...storage().s3.listVersions(TO, 'between/a')];
        storage().s3.deleteObject(TO, 'between/a', newest?.versionId);
        putAt(TO, 'between/a', 'two');
      },
    });
    expect(counts).toMatchObject({ owed: 2, causes: { MissingAfterCopy: 1, AnotherVersionFailed: 1 } });
  });

  it('by listing alone in a dry run', async () => {
    put('dry/a', 'one', 'two');
    put('dry/b', 'one');
    putAt(TO, 'dry/a', 'one');
    putAt(TO, 'dry/b', 'other');
    const { counts } = await copyAll('dry', 'dry/', { request: { dryRun: true } });
    expect(counts).toMatchObject({ identical: 1, wouldCopy: 1, owed: 1, causes: { VersionsDiverge: 1 } });
    expect(sequence(TO, 'dry/a')).toEqual(['one']);
  });
});

interface Circumstances {
  from?: string;
  rows?: Row[];
  shuffled?: true;
  pass?: number;
  /** A first call of the worker, with so many milliseconds left. */
  firstCallEnds?: () => number;
  request?: Partial<RunRequestInput>;
  /** Happens between copying and verifying. */
  meanwhile?: () => void;
}

/** Copies and verifies what lies under a prefix, as one chunk of a run. */
async function copyAll(runId: string, prefix: string, circumstances: Circumstances = {}) {
  const {
    from = FROM,
    rows = rowsOf(from, prefix),
    shuffled,
    pass = 1,
    firstCallEnds,
    request,
    meanwhile,
  } = circumstances;
  const { ports } = storage();
  const whole = { source: { bucket: from }, destination: { bucket: TO }, versions: 'all' as const, ...request };
  await writeRun(storage(), runOf(runId, whole));
  const chunk: Chunk = await writeChunk(storage(), runId, shuffled ? swapped(rows) : rows, `${pass}-0`);
  if (firstCallEnds)
    expect(await copyChunk(ports, { runId, pass, chunk }, firstCallEnds)).toMatchObject({ done: false });
  if (!request?.dryRun) expect(await copyChunk(ports, { runId, pass, chunk }, () => 600_000)).toEqual(DONE);
  meanwhile?.();
  const answer = await verifyChunk(ports, { runId, pass, chunk });
  const owed = await Promise.all(
    answer.owed.map(({ segment, rows }) => readChunkRows(ports.work, { ...chunk, rows, segments: [segment] })),
  );
  return { counts: answer.counts, owed: owed.flat() };
}

/** Rows of one second in another order: an inventory tells no other. */
function swapped(rows: readonly Row[]): Row[] {
  return rows.toReversed();
}

/** Puts versions in the source, a delete marker for each null. */
function put(key: string, ...contents: (string | null)[]): void {
  putAt(FROM, key, ...contents);
}

function putAt(bucket: string, key: string, ...contents: (string | null)[]): void {
  for (const content of contents)
    if (content === null) storage().s3.deleteObject(bucket, key);
    else storage().s3.putObject(bucket, key, Buffer.from(content));
}

/** Puts versions in the source under a key of KMS and without a checksum: their ETags say nothing, and nothing else does. */
function seal(key: string, ...contents: string[]): void {
  const sealed = {
    encryption: { kind: 'SSE-KMS', keyArn: storage().s3.kms.add({}) },
    checksumAlgorithm: 'none',
  } as const;
  for (const content of contents) storage().s3.putObject(FROM, key, Buffer.from(content), sealed);
}

/** What a bucket holds of a key, the oldest first. */
function sequence(bucket: string, key: string): (string | null)[] {
  return [...storage().s3.listVersions(bucket, key)]
    .filter((version) => version.key === key)
    .map(({ versionId, isDeleteMarker }) =>
      isDeleteMarker ? null : (storage().s3.getObject(bucket, key, versionId)?.body.toString() ?? ''),
    )
    .toReversed();
}

/** Rows of an inventory of all versions, the oldest of a key first. */
function rowsOf(bucket: string, prefix: string, encryption = 'SSE-S3'): Row[] {
  const rows = Array.from(storage().s3.listVersions(bucket, prefix), (version): Row => ({
    key: version.key,
    versionId: version.versionId === 'null' ? '' : version.versionId,
    size: version.size ?? 0,
    etag: version.etag ?? '',
    lastModified: version.lastModified,
    storageClass: version.storageClass ?? '',
    encryption: version.isDeleteMarker ? '' : encryption,
    isLatest: version.isLatest,
    isDeleteMarker: version.isDeleteMarker,
  })).toReversed();
  // Of one key in this order, and the keys in theirs.
  return rows.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

async function enableVersioning(bucket: string): Promise<void> {
  const { PutBucketVersioningCommand } = await import('@aws-sdk/client-s3');
  await storage().client.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
}

/** Counts writes from now on. */
function asked(): () => number {
  const count = () =>
    storage().s3.requests.count({ operation: 'CopyObject' }) +
    storage().s3.requests.count({ operation: 'DeleteObject', bucket: TO });
  const before = count();
  return () => count() - before;
}
