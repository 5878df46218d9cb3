import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import { failure as failureSchema } from '../../../contracts/failure.js';
import { recordChunkFailure } from '../../../core/copy/record-chunk-failure.js';
import { recordFailures, resolveFailures } from '../../../core/copy/record-failures.js';
import { rowOf } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();
const DENIED = { cause: 'AccessDenied', message: 'Access Denied' };
const SLOW = { cause: 'SlowDown', message: 'Please reduce your request rate.' };

describe('A row that failed', () => {
  it('is in the table with its cause, its remedy and its place', async () => {
    await record('plain', [rowOf('a b', { versionId: 'v1', size: 7 })], DENIED);
    const [item] = await storage().failures('plain');
    expect(failureSchema.parse(item)).toMatchObject({
      pk: 'plain',
      runCause: 'plain#AccessDenied',
      runChunk: 'plain#0-0',
      key: 'a b',
      versionId: 'v1',
      size: 7,
      cause: 'AccessDenied',
      message: 'Access Denied',
      remedy: expect.stringContaining('Allow s3:GetObject'),
      attempts: 1,
      pass: 1,
      chunk: '0-0',
      status: 'open',
    });
  });

  it('is in the table whatever its key holds, and however long S3’s message is', async () => {
    const keys = ['line\nbreak', '\u0000', '\u2028', '😀', '-rf', 'k'.repeat(1024)];
    await record(
      'keys',
      keys.map((key) => rowOf(key)),
      { cause: 'AccessDenied', message: 'long '.repeat(10_000) },
    );
    const items = await storage().failures('keys');
    expect(items.map(({ key = '' }) => key).sort()).toEqual(keys.toSorted());
    expect(items[0]?.message).toHaveLength(1_000);
  });

  it('is there once for each version', async () => {
    await record('versions', [rowOf('a', { versionId: 'v1' }), rowOf('a', { versionId: 'v2' })], DENIED);
    expect(await storage().failures('versions')).toHaveLength(2);
  });

  it('is there once where a manifest names it twice', async () => {
    await record('duplicates', [rowOf('a'), rowOf('b'), rowOf('a')], DENIED);
    expect((await storage().failures('duplicates')).map(({ key = '' }) => key).sort()).toEqual(['a', 'b']);
  });

  it('counts once for a pass that a killed worker repeats', async () => {
    await record('repeated', [rowOf('a')], DENIED);
    await record('repeated', [rowOf('a')], SLOW);
    expect(await storage().failures('repeated')).toMatchObject([{ key: 'a', cause: 'SlowDown', attempts: 1, pass: 1 }]);
  });

  it('counts again in the next pass, and is known to have failed since the first', async () => {
    await record('next', [rowOf('a')], DENIED);
    const [first] = await storage().failures('next');
    await storage().ports.clock.sleep(60_000);
    await record('next', [rowOf('a')], SLOW, { pass: 2, chunk: owedChunk('p2-0', 'next', 1, '0-0') });
    const items = await storage().failures('next');
    expect(items).toMatchObject([
      { cause: 'SlowDown', attempts: 2, pass: 2, chunk: 'p2-0', firstSeen: first?.firstSeen },
    ]);
    expect(Date.parse(items[0]?.lastSeen ?? '')).toBeGreaterThan(Date.parse(first?.lastSeen ?? ''));
  });

  it('is resolved when it succeeds in a later pass; those beside it stay open', async () => {
    await record('resolved', [rowOf('a'), rowOf('b')], DENIED);
    const place = { runId: 'resolved', pass: 2, chunk: owedChunk('p2-0', 'resolved', 1, '0-0') };
    await resolveFailures(storage().ports, place, [rowOf('a')]);
    const items = await storage().failures('resolved');
    expect(items.map(({ key, status }) => `${key} ${status}`).sort()).toEqual(['a resolved', 'b open']);
  });

  it('is resolved also where its chunk was carried into the next pass as it was', async () => {
    await record('carried', [rowOf('a')], DENIED);
    await resolveFailures(storage().ports, { runId: 'carried', pass: 2, chunk: chunkOf('0-0') }, [rowOf('a')]);
    expect(await storage().failures('carried')).toMatchObject([{ status: 'resolved' }]);
  });

  it('is open again when it fails after it was resolved', async () => {
    await record('reopened', [rowOf('a')], DENIED);
    const second = { runId: 'reopened', pass: 2, chunk: owedChunk('p2-0', 'reopened', 1, '0-0') };
    await resolveFailures(storage().ports, second, [rowOf('a')]);
    await record('reopened', [rowOf('a')], SLOW, { pass: 3, chunk: owedChunk('p3-0', 'reopened', 1, '0-0') });
    expect(await storage().failures('reopened')).toMatchObject([{ status: 'open', attempts: 2 }]);
  });
});

describe('The table of a run', () => {
  it('holds at most a thousand rows for a cause, over all workers', async () => {
    const rows = (worker: number) => Array.from({ length: 300 }, (_, index) => rowOf(`${worker}/${index}`));
    const workers = [0, 1, 2, 3].map((worker) =>
      record('capped', rows(worker), DENIED, { pass: 1, chunk: chunkOf(`0-${worker}`) }),
    );
    await Promise.all(workers);
    await record('capped', [rowOf('another cause')], SLOW, { pass: 1, chunk: chunkOf('0-9') });
    const items = await storage().failures('capped');
    expect(items.filter(({ cause }) => cause === 'AccessDenied')).toHaveLength(1_000);
    expect(items.filter(({ cause }) => cause === 'SlowDown')).toHaveLength(1);
  });

  it('is not asked for anything where nothing failed', async () => {
    const asked: string[] = [];
    const failures = new Proxy(storage().ports.failures, {
      get: (_, name) => () => asked.push(String(name)),
    });
    await recordFailures({ ...storage().ports, failures }, { runId: 'quiet', pass: 2, chunk: chunkOf('0-0') }, []);
    await resolveFailures({ ...storage().ports, failures }, { runId: 'quiet', pass: 2, chunk: chunkOf('0-0') }, []);
    expect(asked).toEqual([]);
  });
});

describe('A chunk that failed as a whole', () => {
  it('is in the table under its id, with what the worker said', async () => {
    const Cause = JSON.stringify({ errorType: 'NoProgress', errorMessage: 'three calls', trace: [] });
    await fail('chunk', { Error: 'NoProgress', Cause });
    expect(await storage().failures('chunk')).toMatchObject([
      { sk: 'chunk#0-0', chunk: '0-0', cause: 'NoProgress', message: 'three calls', size: 50, status: 'open' },
    ]);
    expect(await storage().failures('chunk')).not.toMatchObject([{ key: expect.anything() }]);
  });

  it.each([
    [
      'a sentence instead of JSON',
      { Error: 'Sandbox.Timedout', Cause: 'Task timed out' },
      'Sandbox.Timedout',
      'Task timed out',
    ],
    ['JSON of another shape', { Error: 'Runtime.ExitError', Cause: '{"a":1}' }, 'Runtime.ExitError', '{"a":1}'],
    ['no words at all', {}, 'States.TaskFailed', ''],
  ])('is in the table also with %s', async (name, error, cause, message) => {
    await fail(`chunk ${name}`, error);
    expect(await storage().failures(`chunk ${name}`)).toMatchObject([{ cause, message }]);
  });
});

function record(
  runId: string,
  rows: ReturnType<typeof rowOf>[],
  failure: typeof DENIED,
  { pass, chunk }: { pass: number; chunk: Chunk } = { pass: 1, chunk: chunkOf('0-0') },
) {
  return recordFailures(
    storage().ports,
    { runId, pass, chunk },
    rows.map((row) => ({ row, failure })),
  );
}

function fail(runId: string, error: { Error?: string; Cause?: string }) {
  return recordChunkFailure(storage().ports, { runId, pass: 1, chunk: chunkOf('0-0'), error });
}

function chunkOf(id: string, key = 'runs/r/index/0.csv.gz'): Chunk {
  const segments = [{ key, offset: 0, length: 10 }];
  return { id, rows: 10, bytes: 50, after: '', first: 'a', last: 'z', segments };
}

/** A chunk of a later pass, made of the rows that another one owed. */
function owedChunk(id: string, runId: string, pass: number, origin: string): Chunk {
  return chunkOf(id, `runs/${runId}/pass-${pass}/owed/${origin}.csv.gz`);
}
