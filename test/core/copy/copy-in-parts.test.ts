import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Cursor } from '../../../contracts/states.js';
import { readAttempts } from '../../../core/copy/attempts.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { abortUploads } from '../../../core/copy/upload-records.js';
import type { Deadline } from '../../../core/ports.js';
import { putSource, runOf, writeChunk, writeRun, type FullRow } from '../support/rows.js';
import { DESTINATION, SOURCE, WORK, useStorage } from '../support/storage.js';

const storage = useStorage();
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const DONE = { done: true, cursor: null, stop: null };
const MINUTES: Deadline = () => 600_000;
const DAY_MS = 86_400_000;

describe('An object that came in parts', () => {
  it('is copied in the same parts, so that its ETag stays the same', async () => {
    const row = putParts('same', 22 * MIB, 3);
    const copying = await prepare('same', [row]);
    expect(await copying.call()).toEqual(DONE);
    expect(destination('same')).toMatchObject({ etag: row.etag, size: 22 * MIB });
    expect(await copying.attempts()).toEqual([{ kind: 'sent', row: 0, etag: row.etag, size: 22 * MIB }]);
    expect(await uploadsUnderWay()).toEqual([]);
    expect(recordsOf('same')).toEqual([]);
  });

  it('arrives with its content headers, metadata, tags, redirect, class and checksum', async () => {
    const row = putParts('whole', 11 * MIB, 2, {
      contentType: 'video/mp4',
      metadata: { owner: 'ann', Mixed: 'x' },
      tags: { kind: 'holiday', 'with space': 'a=b+c d' },
      storageClass: 'STANDARD_IA',
    });
    await (await prepare('whole', [row])).call();
    const { client } = storage();
    const of = (Bucket: string) => ({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' as const });
    const [source, copy] = await Promise.all(
      [SOURCE, DESTINATION].map((bucket) => client.send(new HeadObjectCommand(of(bucket)))),
    );
    for (const name of [
      'ContentType',
      'Metadata',
      'ETag',
      'ChecksumCRC64NVME',
      'ChecksumType',
      'StorageClass',
    ] as const)
      expect(copy?.[name]).toEqual(source?.[name]);
    expect(copy?.Metadata).toEqual({ owner: 'ann', mixed: 'x' });
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: DESTINATION, Key: 'whole' }));
    expect(TagSet).toEqual([
      { Key: 'kind', Value: 'holiday' },
      { Key: 'with space', Value: 'a=b+c d' },
    ]);
  });

  it('is copied whole where it is one small part: S3 takes no range of it', async () => {
    const row = putParts('one', 3 * MIB, 1);
    await (await prepare('one', [row])).call();
    expect(destination('one')?.etag).toBe(row.etag);
  });

  it('of 100 GiB is copied in its 200 parts, without 100 GiB of anything', async () => {
    storage().s3.putObject(SOURCE, 'sparse', { zeros: 100 * GIB }, { multipartParts: 200, lastModified: 0 });
    const row = seen('sparse');
    const copying = await prepare('sparse', [row]);
    expect(await copying.call()).toEqual(DONE);
    expect(listed('sparse')).toMatchObject({ etag: row.etag, size: 100 * GIB });
  }, 120_000);

  it('is copied in equal parts where it is larger than CopyObject takes and came in parts that no upload may have', async () => {
    storage().s3.putObject(SOURCE, 'uneven', { zeros: 5 * GIB + 1 }, { multipartParts: 1_025, lastModified: 0 });
    await (await prepare('uneven', [seen('uneven')])).call();
    expect(listed('uneven')).toMatchObject({ size: 5 * GIB + 1, etag: expect.stringMatching(/-21$/) });
  });

  it('by CopyObject where the request says so', async () => {
    const row = putParts('by one', 12 * MIB, 2);
    await (await prepare('by-one', [row], { multipart: 'single' })).call();
    expect(listed('by one')?.etag).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('A copy in parts that outlives a call', () => {
  it('goes on in the next with the parts that are missing, and the cursor says where it is', async () => {
    const row = putParts('long', 100 * MIB, 20);
    const copying = await prepare('long', [row]);
    const first = await copying.call({ deadline: untilParts(5) });
    expect(first).toMatchObject({ done: false, cursor: { row: 0, stalls: 0, upload: { id: expect.any(String) } } });
    const { cursor } = first;
    const sent = await partsOf('long', cursor?.upload?.id ?? '');
    expect(sent).toBe(cursor?.upload?.parts);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(20);

    const parts = asked('UploadPartCopy');
    const heads = asked('HeadObject');
    expect(await copying.call({ cursor })).toEqual(DONE);
    expect(parts()).toBe(20 - sent);
    // Not one for each part: their sizes are on file.
    expect(heads()).toBe(1);
    expect(listed('long')?.etag).toBe(row.etag);
    expect(recordsOf('long')).toEqual([]);
  });

  it('does not hold back its neighbours, which are on file when the call ends', async () => {
    const rows = [
      putSource(storage(), 'beside/a'),
      putParts('beside/b', 100 * MIB, 20),
      putSource(storage(), 'beside/c'),
    ];
    const copying = await prepare('beside', rows);
    const { cursor } = await copying.call({ deadline: untilParts(3) });
    expect(cursor).toMatchObject({ row: 1 });
    expect((await copying.attempts()).map(({ row }) => row)).toEqual([0, 2]);
    const copies = asked('CopyObject');
    expect(await copying.call({ cursor: cursor ?? null })).toEqual(DONE);
    expect(copies()).toBe(0);
    expect((await copying.attempts()).map(({ row, kind }) => `${row} ${kind}`).toSorted()).toEqual([
      '0 sent',
      '1 sent',
      '2 sent',
    ]);
  });

  it('that was killed goes on too: the upload is on file before its first part is sent', async () => {
    const row = putParts('killed', 30 * MIB, 5);
    const copying = await prepare('killed', [row]);
    storage().s3.faults.add({ operation: 'UploadPartCopy', skip: 2, effect: { error: 'InternalError' } });
    await copying.call();
    expect(await copying.attempts()).toMatchObject([{ kind: 'failed', cause: 'InternalError' }]);
    expect(recordsOf('killed')).toHaveLength(1);
    storage().s3.faults.clear();
    const parts = asked('UploadPartCopy');
    const next = await prepare('killed', [row], {}, 2);
    expect(await next.call()).toEqual(DONE);
    expect(parts()).toBe(3);
    expect(listed('killed')?.etag).toBe(row.etag);
  });

  it('comes to an end where three calls in a row send no part', async () => {
    const row = putParts('stuck', 30 * MIB, 5);
    const copying = await prepare('stuck', [row]);
    let cursor: Cursor | null = null;
    const call = async () => {
      ({ cursor } = await copying.call({ cursor, deadline: untilParts(0) }));
    };
    for (let calls = 0; calls < 3; calls++) await call();
    await expect(call()).rejects.toMatchObject({ name: 'NoProgress' });
  });

  it('beside another worker on the same object: both work on one upload, and it is whole', async () => {
    const row = putParts('both', 60 * MIB, 10);
    const copying = await prepare('both', [row]);
    expect(await Promise.all([copying.call(), copying.call()])).toEqual([DONE, DONE]);
    expect(listed('both')?.etag).toBe(row.etag);
    expect(await uploadsUnderWay()).toEqual([]);
  });
});

describe('A copy in parts whose object changes', () => {
  it('at the source, halfway: is begun again with the object as it is now, as drift', async () => {
    const row = putParts('drift', 30 * MIB, 5);
    const copying = await prepare('drift', [row]);
    let replaced: FullRow | undefined;
    storage().s3.faults.add({
      operation: 'UploadPartCopy',
      skip: 2,
      times: 1,
      effect: { call: () => void (replaced = putParts('drift', 20 * MIB, 3)) },
    });
    expect(await copying.call()).toEqual(DONE);
    expect(listed('drift')).toMatchObject({ etag: replaced?.etag, size: 20 * MIB });
    expect(await copying.attempts()).toMatchObject([{ kind: 'sent', source: replaced?.etag, drift: true }]);
    expect(await uploadsUnderWay()).toEqual([]);
  });

  it('at the source, between two calls, to the same bytes: is begun again, for what else it has now', async () => {
    const row = putParts('renamed', 100 * MIB, 20, { metadata: { owner: 'ann' } });
    const copying = await prepare('renamed', [row]);
    const { done, cursor } = await copying.call({ deadline: untilParts(5) });
    expect(done).toBe(false);
    const again = putParts('renamed', 100 * MIB, 20, {
      metadata: { owner: 'ben' },
      lastModified: row.lastModified + 60_000,
    });
    expect(again.etag).toBe(row.etag);
    const parts = asked('UploadPartCopy');
    expect(await copying.call({ cursor })).toEqual(DONE);
    expect(parts()).toBe(20);
    const { client } = storage();
    const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: DESTINATION, Key: 'renamed' }));
    expect(Metadata).toEqual({ owner: 'ben' });
    expect(await uploadsUnderWay()).toEqual([]);
  });

  it('at the destination, which is newer then: the upload is given up, and nothing is harmed', async () => {
    const row = putParts('newer', 30 * MIB, 5);
    const copying = await prepare('newer', [row]);
    storage().s3.faults.add({
      operation: 'CompleteMultipartUpload',
      times: 1,
      effect: { call: () => void storage().s3.putObject(DESTINATION, 'newer', Buffer.from('somebody’s')) },
    });
    await copying.call();
    expect(await copying.attempts()).toMatchObject([{ kind: 'failed', cause: 'DestinationNewer' }]);
    expect(destination('newer')?.body.toString()).toBe('somebody’s');
    expect(await uploadsUnderWay()).toEqual([]);
    expect(recordsOf('newer')).toEqual([]);
  });

  it('is found whole where the answer to its last call was lost', async () => {
    const row = putParts('lost', 30 * MIB, 5);
    const copying = await prepare('lost', [row]);
    storage().s3.faults.add({ operation: 'CompleteMultipartUpload', times: 1, effect: { drop: 'after' } });
    await copying.call();
    expect((await copying.attempts()).map(({ kind }) => kind)).toEqual([expect.stringMatching(/sent|identical/)]);
    expect(listed('lost')?.etag).toBe(row.etag);
  });
});

describe('Uploads that a run leaves under way', () => {
  it('are aborted at its end, and nobody else’s are', async () => {
    const row = putParts('left', 100 * MIB, 20);
    const copying = await prepare('left', [row]);
    await copying.call({ deadline: untilParts(3) });
    const { ports } = storage();
    const others = await ports.pair({ bucket: SOURCE }, { bucket: DESTINATION }).beginUpload('left', {}, undefined);
    expect(await uploadsUnderWay()).toHaveLength(2);
    // What may not be aborted holds nothing up, and stays on file.
    const denied = storage().s3.faults.add({ operation: 'AbortMultipartUpload', effect: { error: 'AccessDenied' } });
    expect(await abortUploads(ports, 'left')).toBe(0);
    denied.remove();
    expect(await abortUploads(ports, 'left')).toBe(1);
    expect(await uploadsUnderWay()).toEqual([others.id]);
    expect(await abortUploads(ports, 'left')).toBe(0);
    await ports.pair({ bucket: SOURCE }, { bucket: DESTINATION }).abortUpload('left', others.id);
  });
});

/** A chunk of a run; a later pass has another chunk of the same rows. */
async function prepare(runId: string, rows: FullRow[], request: Partial<RunRequestInput> = {}, pass = 1) {
  const { ports } = storage();
  await writeRun(storage(), runOf(runId, request));
  const chunk = await writeChunk(storage(), runId, rows, `${pass}-0`);
  return {
    call: ({ cursor = null, deadline = MINUTES }: { cursor?: Cursor | null; deadline?: Deadline } = {}) =>
      copyChunk(ports, { runId, pass, chunk, cursor }, deadline),
    attempts: async () => [
      ...(await readAttempts(ports.work, { runId, pass, chunk: chunk.id }, rows.length)).byRow.values(),
    ],
  };
}

/** An object in even parts, a day old. */
function putParts(key: string, size: number, parts: number, more: object = {}): FullRow {
  storage().s3.putObject(
    SOURCE,
    key,
    { zeros: size },
    { multipartParts: parts, lastModified: storage().ports.clock.now() - DAY_MS, ...more },
  );
  return seen(key);
}

/** The row of an inventory for what is in the source; its bytes are not looked at. */
function seen(key: string): FullRow {
  const object = [...storage().s3.listObjects(SOURCE, key)].find((each) => each.key === key);
  if (!object) throw new Error(`${key} was not put`);
  return {
    key,
    versionId: '',
    size: object.size,
    etag: object.etag,
    lastModified: object.lastModified,
    storageClass: object.storageClass,
    encryption: 'SSE-S3',
    isLatest: true,
    isDeleteMarker: false,
  };
}

/** Far away until that many parts were copied. */
function untilParts(count: number): Deadline {
  const parts = asked('UploadPartCopy');
  let first = true;
  return () => {
    // The margin is taken of the first look.
    if (first) {
      first = false;
      return 400_000;
    }
    return parts() < count ? 400_000 : 0;
  };
}

function destination(key: string) {
  return storage().s3.getObject(DESTINATION, key);
}

function listed(key: string) {
  return [...storage().s3.listObjects(DESTINATION, key)].find((each) => each.key === key);
}

function recordsOf(runId: string): string[] {
  return Array.from(storage().s3.listObjects(WORK, `runs/${runId}/uploads/`), ({ key }) => key);
}

async function uploadsUnderWay(): Promise<(string | undefined)[]> {
  const { Uploads = [] } = await storage().client.send(new ListMultipartUploadsCommand({ Bucket: DESTINATION }));
  return Uploads.map(({ UploadId }) => UploadId);
}

async function partsOf(key: string, id: string): Promise<number> {
  const { Parts = [] } = await storage().client.send(
    new ListPartsCommand({ Bucket: DESTINATION, Key: key, UploadId: id }),
  );
  return Parts.length;
}

/** Counts requests from now on. */
function asked(operation: 'CopyObject' | 'UploadPartCopy' | 'HeadObject'): () => number {
  const count = () => storage().s3.requests.count({ operation });
  const before = count();
  return () => count() - before;
}
