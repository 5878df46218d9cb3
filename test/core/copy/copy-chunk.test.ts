import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import type { Cursor } from '../../../contracts/states.js';
import { readAttempts } from '../../../core/copy/attempts.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import type { Deadline, Ports } from '../../../core/ports.js';
import type { Fault } from '../../../local/s3/faults.js';
import { putSource, rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { DESTINATION, WORK, useStorage } from '../support/storage.js';

const storage = useStorage();
const DONE = { done: true, cursor: null, stop: null };
const MINUTES: Deadline = () => 600_000;

describe('A chunk', () => {
  it('is copied where the destination differs, and only there', async () => {
    const rows = putAll('differs', 10);
    for (const row of rows.slice(0, 4)) storage().s3.putObject(DESTINATION, row.key, Buffer.from(row.key));
    storage().s3.putObject(DESTINATION, rows[4]?.key ?? '', Buffer.from('something else'), { lastModified: 0 });
    const chunk = await prepare('differs', rows);
    const copied = asked('CopyObject');
    expect(await chunk.copy()).toEqual(DONE);
    expect(copied()).toBe(6);
    expect(arrived('differs')).toEqual(rows.map(({ key }) => key));
    expect(await chunk.attempts()).toEqual(rows.slice(4).map(({ etag }, index) => `${index + 4} sent ${etag}`));
  });

  it('that is there already costs one LIST and no line on file', async () => {
    const rows = putAll('identical', 300);
    for (const row of rows) storage().s3.putObject(DESTINATION, row.key, Buffer.from(row.key));
    const chunk = await prepare('identical', rows);
    const [lists, heads, copies] = [asked('ListObjectsV2', DESTINATION), asked('HeadObject'), asked('CopyObject')];
    expect(await chunk.copy()).toEqual(DONE);
    expect([lists(), heads(), copies()]).toEqual([1, 0, 0]);
    expect(await chunk.attempts()).toEqual([]);
  });

  it('that is done costs nothing when it is called again', async () => {
    const chunk = await prepare('again', putAll('again', 5));
    await chunk.copy();
    const [lists, copies] = [asked('ListObjectsV2', DESTINATION), asked('CopyObject')];
    expect(await chunk.copy()).toEqual(DONE);
    expect([lists(), copies()]).toEqual([0, 0]);
  });

  it('goes under the destination’s prefix', async () => {
    const rows = putAll('prefixed', 3);
    const request = {
      source: { bucket: 'photos', prefix: 'prefixed/' },
      destination: { bucket: DESTINATION, prefix: 'to/' },
    };
    const chunk = await prepare('prefixed', rows, request);
    await chunk.copy();
    expect(arrived('to')).toEqual(['to/000', 'to/001', 'to/002']);
    expect(await chunk.copy()).toEqual(DONE);
  });

  it('arrives but for the row that fails, which is in the table', async () => {
    const rows = putAll('poison', 20);
    fault({ operation: 'CopyObject', key: 'poison/007', effect: { error: 'AccessDenied' } });
    const chunk = await prepare('poison', rows);
    expect(await chunk.copy()).toEqual(DONE);
    expect(arrived('poison')).toHaveLength(19);
    expect(await chunk.attempts()).toContain('7 failed AccessDenied');
    expect(await storage().failures('poison')).toMatchObject([{ key: 'poison/007', cause: 'AccessDenied' }]);
  });

  it('arrives but for rows whose keys become too long under the destination’s prefix', async () => {
    const rows = [putSource(storage(), `0${'x'.repeat(1010)}`), putSource(storage(), '1-short')];
    const chunk = await prepare('long', rows, { destination: { bucket: DESTINATION, prefix: 'a/long/prefix/here/' } });
    expect(await chunk.copy()).toEqual(DONE);
    expect(await chunk.attempts()).toEqual(['0 failed KeyTooLongError', `1 sent ${rows[1]?.etag}`]);
  });

  it('takes a row that its manifest names twice', async () => {
    const [row] = putAll('doubled', 1);
    const chunk = await prepare('doubled', [row, row] as Row[]);
    expect(await chunk.copy()).toEqual(DONE);
    // Both are on their way at once, and only one finds nothing there.
    expect((await chunk.attempts()).map((line) => line.slice(2)).sort()).toEqual([
      'identical etag',
      `sent ${row?.etag}`,
    ]);
  });

  it('says on file what it believes by size and time only', async () => {
    const row = { ...(putAll('opaque', 1)[0] as Row), encryption: 'SSE-KMS' };
    storage().s3.putObject(DESTINATION, row.key, Buffer.from('opaque-000'));
    const chunk = await prepare('opaque', [row]);
    expect(await chunk.copy()).toEqual(DONE);
    expect(await chunk.attempts()).toEqual(['0 identical sizeAndTime']);
  });

  it('waits for a destination that cannot be listed for a moment', async () => {
    const chunk = await prepare('slow', putAll('slow', 3));
    const slow = fault({ operation: 'ListObjectsV2', bucket: DESTINATION, times: 3, effect: { error: 'SlowDown' } });
    expect(await chunk.copy()).toEqual(DONE);
    expect(slow.hits).toBe(3);
  });

  it('fails as a whole where the destination may not be listed', async () => {
    const chunk = await prepare('unlisted', putAll('unlisted', 3));
    fault({ operation: 'ListObjectsV2', bucket: DESTINATION, effect: { error: 'AccessDenied' } });
    await expect(chunk.copy()).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('A chunk that takes longer than a call', () => {
  it('answers where it came to before its time is over, and goes on from there', async () => {
    const rows = putAll('late', 200);
    const chunk = await prepare('late', rows);
    const copies = asked('CopyObject');
    const first = await chunk.copy({ deadline: () => (copies() < 80 ? 400_000 : 0) });
    expect(first).toEqual({
      done: false,
      cursor: { row: expect.any(Number), open: expect.any(Number), stalls: 0 },
      stop: null,
    });
    // Nothing is still on its way when the call is over, and what is on file is all that arrived.
    const settled = 200 - (first.cursor?.open ?? 0);
    expect(settled).toBeGreaterThanOrEqual(80);
    expect(settled).toBeLessThan(200);
    expect(arrived('late')).toHaveLength(settled);
    expect(await chunk.covered()).toBe(settled);

    expect(await chunk.copy({ cursor: first.cursor })).toEqual(DONE);
    expect(copies()).toBe(200);
    expect(arrived('late')).toHaveLength(200);
  });

  it('goes on by what is on file, whatever the cursor says', async () => {
    const chunk = await prepare('lying', putAll('lying', 10));
    expect(await chunk.copy({ cursor: { row: 9, open: 1, stalls: 0 } })).toEqual(DONE);
    expect(arrived('lying')).toHaveLength(10);
  });

  it('fails as NoProgress where three calls in a row came no further', async () => {
    const chunk = await prepare('stalled', putAll('stalled', 3));
    let cursor: Cursor | null = null;
    for (const stalls of [0, 1, 2]) {
      ({ cursor } = await chunk.copy({ cursor, deadline: looks(1) }));
      expect(cursor).toEqual({ row: 0, open: 3, stalls });
    }
    const last = chunk.copy({ cursor, deadline: looks(1) });
    await expect(last).rejects.toMatchObject({ name: 'NoProgress' });
    await expect(last).rejects.toThrow(/Chunk 0-0: 3 calls in a row ended at row 0/);
  });

  it('leaves what S3 had no time for to the next call, and no failure of it', async () => {
    const rows = putAll('throttled', 40);
    const chunk = await prepare('throttled', rows);
    const slow = fault({
      operation: 'CopyObject',
      bucket: DESTINATION,
      key: (key) => /[02468]$/.test(key),
      effect: { error: 'SlowDown' },
    });
    const first = await chunk.copy({ deadline: minutes(10) });
    expect(first).toEqual({ done: false, cursor: { row: 0, open: 20, stalls: 0 }, stop: null });
    expect(slow.hits).toBeGreaterThan(100);
    expect(arrived('throttled')).toHaveLength(20);
    expect(await chunk.covered()).toBe(20);
    expect(await storage().failures('throttled')).toEqual([]);

    slow.remove();
    const copies = asked('CopyObject');
    expect(await chunk.copy({ cursor: first.cursor })).toEqual(DONE);
    expect(copies()).toBe(20);
    expect(arrived('throttled')).toHaveLength(40);
  });

  it('fails as NoProgress where S3 had no time in three calls in a row, be it for its listing', async () => {
    const chunk = await prepare('busy', putAll('busy', 3));
    const slow = fault({ operation: 'ListObjectsV2', bucket: DESTINATION, effect: { error: 'SlowDown' } });
    let cursor: Cursor | null = null;
    for (const stalls of [0, 1, 2]) {
      ({ cursor } = await chunk.copy({ cursor, deadline: minutes(10) }));
      expect(cursor).toEqual({ row: 0, open: 3, stalls });
    }
    await expect(chunk.copy({ cursor, deadline: minutes(10) })).rejects.toMatchObject({ name: 'NoProgress' });
    expect(slow.hits).toBeGreaterThan(100);
    expect(await storage().failures('busy')).toEqual([]);
  });

  it('has come further where any row was settled, whichever', async () => {
    const chunk = await prepare('anywhere', putAll('anywhere', 9));
    fault({ operation: 'CopyObject', bucket: DESTINATION, key: 'anywhere/000', effect: { error: 'SlowDown' } });
    const { cursor } = await chunk.copy({ cursor: { row: 0, open: 9, stalls: 2 }, deadline: minutes(10) });
    expect(cursor).toEqual({ row: 0, open: 1, stalls: 0 });
  });

  it('counts its stalls anew where it came further', async () => {
    const chunk = await prepare('slowly', putAll('slowly', 120));
    const { cursor } = await chunk.copy({ cursor: { row: 0, open: 120, stalls: 2 }, deadline: looks(60) });
    expect(cursor?.stalls).toBe(0);
  });
});

describe('A worker that dies halfway through a chunk', () => {
  it.each<[string, Fault, { onFile: number; left: number }]>([
    [
      'before its first attempts are on file',
      { times: 1, effect: { error: 'InternalError' } },
      { onFile: 0, left: 80 },
    ],
    ['before later ones are', { skip: 1, times: 1, effect: { error: 'InternalError' } }, { onFile: 50, left: 30 }],
    ['though they are', { skip: 1, times: 1, effect: { drop: 'after' } }, { onFile: 100, left: 30 }],
  ])('%s, leaves the rest to the next, which copies nothing twice', async (name, death, { onFile, left }) => {
    const rows = putAll(`killed ${name}`, 130);
    const chunk = await prepare(`killed-${onFile}`, rows);
    fault({ operation: 'PutObject', bucket: WORK, ...death });
    await expect(chunk.copy()).rejects.toMatchObject({ name: expect.stringMatching(/NoAnswer|InternalError/) });
    expect(await chunk.covered()).toBe(onFile);

    const copies = asked('CopyObject');
    expect(await chunk.copy()).toEqual(DONE);
    expect(copies()).toBe(left);
    expect(await chunk.covered()).toBe(130);
    expect(arrived(`killed ${name}`)).toHaveLength(130);
  });

  it('beside another that goes on: every row arrives, and is on file', async () => {
    const chunk = await prepare('beside', putAll('beside', 80));
    expect(await Promise.all([chunk.copy(), chunk.copy()])).toEqual([DONE, DONE]);
    expect(await chunk.covered()).toBe(80);
    expect(arrived('beside')).toHaveLength(80);
    expect((await chunk.attempts()).filter((line) => line.includes('failed'))).toEqual([]);
  });
});

describe('A run that cannot succeed', () => {
  it('is stopped by the worker that sees a cause fail nearly every row of all workers', async () => {
    const chunk = await prepare('hopeless', putAll('hopeless', 150));
    const others = new Map([['AccessDenied', 950]]);
    await storage().ports.failures.count('hopeless', 950, others);
    const denied = fault({ operation: 'CopyObject', effect: { error: 'AccessDenied' } });
    expect(await chunk.copy()).toEqual({ done: true, cursor: null, stop: 'AccessDenied' });
    expect(denied.hits).toBe(50);
    expect(await chunk.covered()).toBe(50);
    expect(await storage().ports.failures.stopCause('hopeless')).toBe('AccessDenied');
  });

  it('goes on where some rows arrive', async () => {
    const chunk = await prepare('hopeful', putAll('hopeful', 60));
    await storage().ports.failures.count('hopeful', 1_000, new Map([['AccessDenied', 900]]));
    fault({ operation: 'CopyObject', effect: { error: 'AccessDenied' } });
    expect(await chunk.copy()).toEqual(DONE);
    expect(await chunk.covered()).toBe(60);
  });

  it('is stopped for all workers: the next one does not begin', async () => {
    const chunk = await prepare('stopped', putAll('stopped', 3));
    await storage().ports.failures.stop('stopped', 'AccessDenied');
    expect(await chunk.copy()).toEqual({ done: true, cursor: null, stop: 'AccessDenied' });
    expect(arrived('stopped')).toEqual([]);
  });
});

/** The chunk of a run, and what its worker left. */
async function prepare(runId: string, rows: Row[], request: Partial<RunRequestInput> = {}) {
  const { ports } = storage();
  await writeRun(storage(), runOf(runId, request));
  const chunk = await writeChunk(storage(), runId, rows);
  const onFile = () => readAttempts(ports.work, { runId, pass: 1, chunk: chunk.id }, rows.length);
  return {
    copy: ({
      cursor = null,
      deadline = MINUTES,
      other = {},
    }: { cursor?: Cursor | null; deadline?: Deadline; other?: Partial<Ports> } = {}) =>
      copyChunk({ ...ports, ...other }, { runId, pass: 1, chunk, cursor }, deadline),
    attempts: async () =>
      [...(await onFile()).byRow.values()].map((each) => {
        const what =
          each.kind === 'sent'
            ? each.etag
            : each.kind === 'failed'
              ? each.cause
              : each.kind === 'identical'
                ? each.evidence
                : '';
        return `${each.row} ${each.kind} ${what}`;
      }),
    covered: async () => (await onFile()).covered.filter(Boolean).length,
  };
}

/** A deadline that is far away until it was looked at so often. */
function looks(count: number): Deadline {
  let looked = 0;
  return () => ((looked += 1) <= count ? 400_000 : 0);
}

/** A deadline by the storage's clock. */
function minutes(count: number): Deadline {
  const { clock } = storage().ports;
  const end = clock.now() + count * 60_000;
  return () => end - clock.now();
}

function putAll(folder: string, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `${folder}/${String(index).padStart(3, '0')}`;
    return putSource(storage(), key, key, { lastModified: rowOf(key).lastModified });
  }).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function arrived(folder: string): string[] {
  return Array.from(storage().s3.listObjects(DESTINATION, `${folder}/`), ({ key }) => key);
}

function fault(planted: Fault) {
  return storage().s3.faults.add(planted);
}

/** Counts requests from now on. */
function asked(operation: 'CopyObject' | 'HeadObject' | 'ListObjectsV2', bucket?: string): () => number {
  const count = () => storage().s3.requests.count({ operation, ...(bucket === undefined ? {} : { bucket }) });
  const before = count();
  return () => count() - before;
}
