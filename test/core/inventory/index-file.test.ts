import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import { indexFile } from '../../../core/inventory/index-file.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { compareKeys } from '../../../core/keys.js';
import { resolveManifest } from '../../../core/prepare/manifest/resolve-manifest.js';
import { requestOf, runOf, writeRun } from '../support/rows.js';
import { INVENTORY, WORK, at, linesOf, useStorage, watchWriters } from '../support/storage.js';

const storage = useStorage();
const KEYS = ['a b', 'a+b', 'a/../b', 'line\nbreak', 'é', '\uFFFF', '😀', '//', 'folder/', '%', '-rf', 'z'];

describe('An inventory file is indexed', () => {
  it('into sorted chunks that name its rows, with exact counts', async () => {
    const { index, rows, chunks } = await prepare('sorted', KEYS);
    expect(await index()).toEqual({
      kind: 'indexed',
      file: 0,
      rows: 12,
      outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
      expected: 12,
      bytes: 12 * 3,
      chunks: 3,
    });
    expect((await chunks()).map(({ id, rows }) => [id, rows])).toEqual([
      ['0-0', 5],
      ['0-1', 5],
      ['0-2', 2],
    ]);
    expect((await rows()).map(({ key }) => key)).toEqual(KEYS.toSorted(compareKeys));
  });

  it('sorted, also where it is not', async () => {
    const { index, rows, chunks } = await prepare('shuffled', KEYS, { sorted: false });
    expect(await index()).toMatchObject({ kind: 'indexed', rows: 12, expected: 12, chunks: 3 });
    expect((await rows()).map(({ key }) => key)).toEqual(KEYS.toSorted(compareKeys));
    const [first, second] = await chunks();
    expect(compareKeys(first?.last ?? '', second?.first ?? '')).toBeLessThan(0);
  });

  it('without what the request leaves out, which is counted', async () => {
    const { index, rows } = await prepare('filtered', KEYS, { request: { exclude: ['a*', '-*'] } });
    expect(await index()).toMatchObject({ rows: 12, expected: 8, outOfScope: { filtered: 4 } });
    expect(await rows()).toHaveLength(8);
  });

  it('to nothing, where nothing is in scope', async () => {
    const { index, chunks } = await prepare('none', KEYS, { request: { include: ['nowhere/*'] } });
    expect(await index()).toMatchObject({ kind: 'indexed', expected: 0, chunks: 0, outOfScope: { filtered: 12 } });
    expect(await chunks()).toEqual([]);
  });

  it('to the same bytes when it is done again', async () => {
    const { index, id } = await prepare('twice', KEYS, { sorted: false });
    await index();
    const once = storage().s3.getObject(WORK, `runs/${id}/index/0.csv.gz`)?.body;
    await index();
    expect(storage().s3.getObject(WORK, `runs/${id}/index/0.csv.gz`)?.body).toEqual(once);
  });

  it('to no rows, where the manifest names no file', async () => {
    const { ports } = storage();
    const { id } = await writeRun(storage(), runOf('index-nothing'));
    expect(await indexFile(ports, { runId: id, file: { file: 0 } }, 5)).toMatchObject({
      kind: 'indexed',
      rows: 0,
      expected: 0,
      chunks: 0,
    });
  });

  it.each([true, false])('with its scratch cleared in the end (sorted: %j)', async (sorted) => {
    const { index } = await prepare(`scratch-${sorted}`, KEYS, { sorted });
    let cleared = 0;
    const scratch = () => ({ ...storage().ports.scratch(), clear: () => Promise.resolve(void (cleared += 1)) });
    await index({ scratch });
    expect(cleared).toBe(1);
  });
});

describe('An inventory file is refused by an answer, for PlanPass to raise, and nothing of it is published', () => {
  it('where its bytes are not the ones of the manifest', async () => {
    const { index, id, dataKey } = await prepare('damaged', KEYS);
    storage().s3.putObject(INVENTORY, dataKey, Buffer.from('damaged'));
    expect(await index()).toMatchObject({ kind: 'refused', file: 0, error: 'ManifestCorrupt' });
    expect(storage().s3.getObject(WORK, `runs/${id}/index/0.csv.gz`)).toBeUndefined();
    expect(storage().s3.getObject(WORK, `runs/${id}/index/0.chunks.jsonl`)).toBeUndefined();
  });

  it('where it is not there', async () => {
    const { index, dataKey } = await prepare('lost', KEYS);
    storage().s3.deleteObject(INVENTORY, dataKey);
    expect(await index()).toMatchObject({
      kind: 'refused',
      error: 'ManifestCorrupt',
      message: expect.stringContaining(`s3://${INVENTORY}/${dataKey}`),
    });
  });

  it('where a row is of another bucket: which file, which row', async () => {
    const { index } = await prepare('foreign', KEYS, { foreign: true });
    expect(await index()).toMatchObject({
      kind: 'refused',
      error: 'ManifestCorrupt',
      message: expect.stringMatching(/record 1: expected bucket index-other/),
    });
  });

  it.each([
    ['where it is unsorted, and was begun as if it were not', { sorted: false }],
    ['where it is refused', { foreign: true }],
  ])('and no file is left half written %s', async (name, inventory) => {
    const { index } = await prepare(`open-${name.length}`, KEYS, inventory);
    const { ports, open } = watchWriters(storage().ports);
    await index(ports);
    expect([...open]).toEqual([]);
  });
});

describe('A storage that does not answer', () => {
  it.each(['InternalError', 'SlowDown'] as const)(
    'is an error by its own name, so that the state is tried again: %s',
    async (error) => {
      const { index, dataKey } = await prepare(`storage-${error.toLowerCase()}`, KEYS);
      storage().s3.faults.add({ operation: 'GetObject', key: dataKey, effect: { error } });
      await expect(index()).rejects.toMatchObject({ name: error });
    },
  );
});

/** Delivers an inventory of a bucket with these keys, and a run that has resolved it. */
async function prepare(
  name: string,
  keys: string[],
  {
    sorted = true,
    request = {},
    foreign = false,
  }: { sorted?: boolean; request?: Partial<RunRequestInput>; foreign?: boolean } = {},
) {
  const { s3, ports } = storage();
  const bucket = `index-${name}`;
  s3.createBucket(bucket);
  for (const key of keys) s3.putObject(bucket, key, Buffer.from('abc'));
  const { manifestKey, dataKeys } = s3.deliverInventory({
    bucket,
    destinationBucket: INVENTORY,
    configId: 'all',
    sorted,
  });
  const input = { ...request, source: { bucket }, manifest: `s3://${INVENTORY}/${manifestKey}` };
  const { manifest, files } = await resolveManifest(ports, requestOf(input), at, {
    id: name,
    pair: 'demo',
    startedAt: 0,
  });
  const run = runOf(`index-${name}`, foreign ? { ...input, source: { bucket: 'index-other' } } : input, { manifest });
  await writeRun(storage(), run);
  const [file] = files;
  const [dataKey] = dataKeys;
  if (!file || !dataKey) throw new Error('the inventory has no data file');

  const chunks = () => linesOf<Chunk>(storage(), `runs/${run.id}/index/0.chunks.jsonl`);
  return {
    id: run.id,
    dataKey,
    chunks,
    index: (other: Partial<typeof ports> = {}) => indexFile({ ...ports, ...other }, { runId: run.id, file }, 5),
    rows: async () => {
      const rows: Row[] = [];
      for (const chunk of await chunks()) rows.push(...(await readChunkRows(ports.work, chunk)));
      return rows;
    },
  };
}
