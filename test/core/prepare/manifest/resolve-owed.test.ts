import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../../contracts/run-request.js';
import type { Run } from '../../../../contracts/run.js';
import { resolveManifest } from '../../../../core/prepare/manifest/resolve-manifest.js';
import { runFiles } from '../../../../core/run-files.js';
import { leaveOwing, type OwedRow } from '../../support/owed.js';
import { requestOf, rowOf, runOf, writeRun } from '../../support/rows.js';
import { DESTINATION, SOURCE, WORK, at, linesOf, useStorage } from '../../support/storage.js';

const storage = useStorage();

describe('What an earlier run owed', () => {
  it('is all rows of its next pass: the manifest says which pass, and of which inventory they were', async () => {
    await leave('all', { a: 'AccessDenied', b: 'SlowDown', c: 'AccessDenied' });
    const { manifest, files } = await resolve('all');
    expect(manifest).toEqual({
      kind: 'owed',
      bucket: WORK,
      key: 'runs/all/pass-2/chunks.jsonl',
      runs: [{ runId: 'all', pass: 2 }],
      createdAt: Date.UTC(2026, 0, 1),
      columns: runOf('x').manifest.columns,
    });
    expect(files).toMatchObject([
      { file: 0, owed: [{ rows: 3, segments: [{ key: 'runs/all/pass-1/owed/0-0.csv.gz' }] }] },
    ]);
    expect(files[0]?.owed?.[0]?.report).toBeUndefined();
  });

  it('for one cause is what may hold such a row, with what tells which, where others are among them', async () => {
    const chunks = [
      owing({ a: 'AccessDenied', b: 'SlowDown' }),
      owing({ c: 'SlowDown' }),
      owing({ d: 'AccessDenied' }),
    ];
    await leaveOwing(storage(), runOf('mixed'), chunks);
    const { manifest, files } = await resolve('mixed', {}, 'AccessDenied');
    expect(manifest).toMatchObject({ cause: 'AccessDenied', key: 'runs/mixed/pass-1/owed.jsonl' });
    expect(files.flatMap(({ owed = [] }) => owed.map(({ report }) => report))).toEqual([
      'runs/mixed/pass-1/owed/0-0.report.csv.gz',
      undefined,
    ]);
  });

  it('comes in key order, a hundred thousand rows a line, and no line is longer than what a Map takes', async () => {
    const segments = Array.from({ length: 100 }, (_, at) => ({
      key: `runs/${'long'.repeat(20)}/pass-1/owed/${at}_01234567.csv.gz`,
      offset: 0,
      length: 9_000_000,
    }));
    const keys = Array.from({ length: 60 }, (_, at) => `key ${String((at * 7) % 60).padStart(2, '0')}`);
    const chunks = keys.map((first, at) => {
      const rows = at % 2 === 0 ? 10_000 : 100;
      return { id: `p2-${at}`, rows, bytes: 0, after: '', first, last: first, segments };
    });
    await leave('many', {});
    storage().s3.deleteObject(WORK, runFiles('many').tally(1));
    await storage().ports.work.write(
      runFiles('many').chunks(1),
      chunks.map((each) => `${JSON.stringify(each)}\n`).join(''),
    );
    const { files } = await resolve('many');
    const sources = files.flatMap(({ owed = [] }) => owed);
    expect(sources).toHaveLength(60);
    expect(sources.reduce((sum, { rows }) => sum + rows, 0)).toBe(30 * 10_100);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(JSON.stringify(file).length).toBeLessThan(200 * 1024);
      expect(file.owed?.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(100_000);
    }
    expect(files.map(({ file }) => file)).toEqual(files.map((_, at) => at));
    const inOrder = chunks.toSorted((a, b) => (a.first < b.first ? -1 : 1)).map(({ rows }) => rows);
    expect(sources.map(({ rows }) => rows)).toEqual(inOrder);
  });

  it('names the runs before, where that one was of what another owed', async () => {
    const first = {
      kind: 'owed' as const,
      bucket: WORK,
      key: 'k',
      runs: [{ runId: 'grandparent', pass: 3 }],
      createdAt: 7,
    };
    const columns = ['Bucket', 'Key'];
    await leaveOwing(storage(), runOf('parent', {}, { manifest: { ...first, columns } }), [owing({ a: 'SlowDown' })]);
    expect((await resolve('parent')).manifest).toMatchObject({
      runs: [
        { runId: 'parent', pass: 2 },
        { runId: 'grandparent', pass: 3 },
      ],
      createdAt: 7,
      columns,
    });
  });

  it('is the pass that was under way where no tally is there, and what was owed before it where one is', async () => {
    await leave('amid', { a: 'SlowDown' });
    await storage().ports.work.write(runFiles('amid').chunks(3), 'TallyPass ended before its tally\n');
    expect((await resolve('amid')).manifest).toMatchObject({ runs: [{ runId: 'amid', pass: 2 }] });
  });

  it('may be nothing: then one line names nothing, since a Map reads no empty file', async () => {
    await leaveOwing(storage(), runOf('nothing'), []);
    expect((await resolve('nothing')).files).toEqual([{ file: 0 }]);
  });

  it('may be of a part of the pair, or of more than this request', async () => {
    await leaveOwing(storage(), runOf('part', { source: { bucket: SOURCE, prefix: '2025/' } }), [
      owing({ '2025/a': 'x' }),
    ]);
    expect((await resolve('part')).files).toHaveLength(1);
    await leave('wide', { '2025/a': 'SlowDown', b: 'SlowDown' });
    expect((await resolve('wide', { source: { bucket: SOURCE, prefix: '2025/' } })).files).toHaveLength(1);
    const moved = {
      source: { bucket: SOURCE, prefix: '2025/' },
      destination: { bucket: DESTINATION, prefix: 'old/2025/' },
    };
    await leaveOwing(storage(), runOf('moved', moved), [owing({ '2025/a': 'x' })]);
    expect((await resolve('moved', { destination: { bucket: DESTINATION, prefix: 'old/' } })).files).toHaveLength(1);
  });
});

describe('What an earlier run owed is refused', () => {
  it.each<
    [
      string,
      { name: string; earlier?: Partial<RunRequestInput>; run?: Partial<Run>; request?: Partial<RunRequestInput> },
      string,
    ]
  >([
    ['of another pair', { name: 'OutsidePair', run: { pair: 'others' } }, 'is of another pair, others'],
    [
      'from another bucket',
      { name: 'OutsidePair', request: { source: { bucket: 'others' } } },
      `had the source ${SOURCE}`,
    ],
    [
      'to another bucket',
      { name: 'OutsidePair', request: { destination: { bucket: 'others' } } },
      'had the destination',
    ],
    [
      'to another place of the bucket',
      { name: 'OutsidePair', request: { destination: { bucket: DESTINATION, prefix: 'other/' } } },
      'this request brings "" to "other/"',
    ],
    [
      'of another part',
      {
        name: 'OutsidePair',
        earlier: { source: { bucket: SOURCE, prefix: 'a/' } },
        request: { source: { bucket: SOURCE, prefix: 'b/' } },
      },
      'this request brings "b/"',
    ],
    ['of a dry run', { name: 'ManifestUnsupported', earlier: { dryRun: true } }, 'was a dry run'],
    ['of all versions', { name: 'ManifestUnsupported', earlier: { versions: 'all' } }, 'Set versions as it was'],
    [
      'of the current versions',
      { name: 'ManifestUnsupported', request: { versions: 'all' } },
      'Set versions as it was',
    ],
    [
      'by a filter that its inventory had no column for',
      { name: 'ManifestUnsupported', request: { storageClasses: ['GLACIER'] } },
      'StorageClass is missing',
    ],
    [
      'by a filter that takes versions of a key apart',
      {
        name: 'InvalidRequest',
        earlier: { versions: 'all' },
        run: {
          manifest: {
            kind: 'inventory',
            bucket: 'b',
            key: 'k',
            createdAt: 0,
            columns: ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'LastModifiedDate', 'Size'],
          },
        },
        request: { versions: 'all', minSize: 5 },
      },
      'minSize: expected none',
    ],
  ])('%s', async (title, { name, earlier, run, request }, message) => {
    const runId = title.replaceAll(' ', '-');
    await leaveOwing(storage(), runOf(runId, earlier, run), [owing({ a: 'SlowDown' })]);
    const resolving = resolve(runId, request);
    await expect(resolving).rejects.toMatchObject({ name });
    await expect(resolving).rejects.toThrow(message);
  });

  it('of this run itself, also where it is tried again and its request is on file', async () => {
    await leave('itself', { a: 'SlowDown' });
    await expect(resolve('itself', {}, undefined, 'itself')).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it('where there is no such run, or it had no plan, or another version of s3-backfill made it', async () => {
    await expect(resolve('none')).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await writeRun(storage(), runOf('planless'));
    const planless = resolve('planless');
    await expect(planless).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(planless).rejects.toThrow('Start it again as it was');
    for (const text of ['{"id": "old"}', 'no JSON']) {
      await storage().ports.work.write(runFiles('old').request, text);
      await expect(resolve('old')).rejects.toMatchObject({ name: 'ManifestUnsupported' });
    }
  });

  it('by a cause, where the run kept no causes; without one it is read all the same', async () => {
    await leave('before', { a: 'SlowDown' });
    storage().s3.deleteObject(WORK, runFiles('before').owedChunks(1));
    await expect(resolve('before', {}, 'SlowDown')).rejects.toMatchObject({ name: 'ManifestUnsupported' });
    expect((await resolve('before')).files).toHaveLength(1);
  });

  it.each(['AccessDenied', 'constructor', '__proto__'])('by the cause %s, which no row has', async (cause) => {
    await leave('causes', { a: 'SlowDown', b: 'SlowDown', c: 'NoAnswer' });
    const resolving = resolve('causes', {}, cause);
    await expect(resolving).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(resolving).rejects.toThrow('Expected one of SlowDown (2), NoAnswer (1)');
  });

  it('where a row of its tally is not in its files', async () => {
    await leave('short', { a: 'SlowDown', b: 'SlowDown' });
    for (const key of [runFiles('short').chunks(2), runFiles('short').owedChunks(1)]) {
      const lines = await linesOf<{ rows: number; causes?: object }>(storage(), key);
      const fewer = lines.map((line) => `${JSON.stringify({ ...line, rows: 1, causes: { SlowDown: 1 } })}\n`);
      await storage().ports.work.write(key, fewer.join(''));
    }
    await expect(resolve('short')).rejects.toMatchObject({ name: 'IdentityBroken' });
    await expect(resolve('short', {}, 'SlowDown')).rejects.toMatchObject({ name: 'IdentityBroken' });
  });
});

/** Leaves a run that owes these keys, in one chunk. */
function leave(runId: string, causes: Record<string, string>): Promise<void> {
  return leaveOwing(storage(), runOf(runId), Object.keys(causes).length > 0 ? [owing(causes)] : []);
}

function owing(causes: Record<string, string>): OwedRow[][] {
  return [Object.entries(causes).map(([key, cause]) => ({ row: rowOf(key), cause }))];
}

function resolve(failuresOf: string, more: Partial<RunRequestInput> = {}, cause?: string, runId = 'asking') {
  const manifest = { failuresOf, ...(cause === undefined ? {} : { cause }) };
  return resolveManifest(storage().ports, requestOf({ ...more, manifest }), at, {
    id: runId,
    pair: 'demo',
    startedAt: 0,
  });
}
