import { describe, expect, it } from '@jest/globals';
import { MOST_CHUNK_ROWS, chunk as chunkSchema, type Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import { ChunkWriter } from '../../../core/inventory/chunk-writer.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { requestOf, rowOf } from '../support/rows.js';
import { useStorage } from '../support/storage.js';
import { encodeRows } from '../support/row-lines.js';

const storage = useStorage();

describe('Sorted rows in chunks', () => {
  it.each([
    [0, []],
    [1, [1]],
    [3, [3]],
    [4, [3, 1]],
    [7, [3, 3, 1]],
  ])('%d rows, three a chunk: %j', async (count, sizes) => {
    const chunks = await write(Array.from({ length: count }, (_, index) => rowOf(`key-${index}`, { size: index })));
    expect(chunks.map(({ rows }) => rows)).toEqual(sizes);
    expect(chunks.map(({ id }) => id)).toEqual(sizes.map((_, index) => `4-${index}`));
  });

  it.each([1, 2, 3, 4, 5, 9])('are the same in whatever batches rows come: %d', async (batch) => {
    const rows = Array.from('aabbbbcdddeefggg').map((key, size) => rowOf(key, { size }));
    expect(await write(rows, {}, batch)).toEqual(await write(rows));
  });

  it('say what they hold and where a listing of them starts', async () => {
    const chunks = await write(
      ['a', 'b', 'c', 'd'].map((key, index) => rowOf(`in/${key}`, { size: 10 * index })),
      { source: { bucket: 'photos', prefix: 'in/' }, destination: { bucket: 'photos-copy', prefix: 'out/' } },
    );
    expect(chunks).toMatchObject([
      { rows: 3, bytes: 30, first: 'in/a', last: 'in/c', after: 'out/`\u{10FFFF}' },
      { rows: 1, bytes: 30, first: 'in/d', last: 'in/d', after: 'out/c\u{10FFFF}' },
    ]);
    for (const each of chunks) expect(chunkSchema.parse(each)).toEqual(each);
  });

  it.each([
    ['abbbc', 'abbb c'],
    ['aaaab', 'aaaa b'],
    ['abcccccdd', 'abccccc dd'],
  ])('end only where the key changes: %s is %s', async (keys, expected) => {
    const chunks = await write(Array.from(keys).map((key, index) => rowOf(key, { versionId: String(index) })));
    let at = 0;
    expect(chunks.map(({ rows }) => keys.slice(at, (at += rows))).join(' ')).toBe(expected);
  });

  it('never hold more than memory does, though it be one key', async () => {
    const chunks = await write(Array.from({ length: MOST_CHUNK_ROWS + 1 }, () => rowOf('a')));
    expect(chunks.map(({ rows }) => rows)).toEqual([MOST_CHUNK_ROWS, 1]);
    for (const each of chunks) expect(chunkSchema.parse(each)).toEqual(each);
  });

  it('are read back one by one, by the ranges that they name', async () => {
    const rows = ['a', 'b\n', '"c"', 'd😀', 'e'].map((key) => rowOf(key));
    const chunks = await write(rows);
    const { ports } = storage();
    expect(await readChunkRows(ports.work, chunks[0] ?? fail())).toEqual(rows.slice(0, 3));
    expect(await readChunkRows(ports.work, chunks[1] ?? fail())).toEqual(rows.slice(3));
  });
});

async function write(rows: readonly Row[], request: Parameters<typeof requestOf>[0] = {}, batch = rows.length) {
  const file = storage().ports.work.writer('index/4.csv.gz');
  const chunks: Chunk[] = [];
  const target = { file, key: 'index/4.csv.gz', idPrefix: '4', chunkRows: 3 };
  const writer = new ChunkWriter(target, requestOf(request), async (chunk) => void chunks.push(chunk));
  for (let from = 0; from < rows.length; from += batch) await writer.write(encodeRows(rows.slice(from, from + batch)));
  await writer.end();
  await file.close();
  return chunks;
}

function fail(): never {
  throw new Error('there is no such chunk');
}
