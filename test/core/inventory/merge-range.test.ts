import { describe, expect, it } from '@jest/globals';
import type { Chunk, KeyRange } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import { mergeRange } from '../../../core/inventory/merge-range.js';
import { destinationKey, justBefore } from '../../../core/keys.js';
import { runFiles } from '../../../core/run-files.js';
import { rowsOf } from '../support/index-files.js';
import { requestOf, rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { WORK, linesOf, useStorage, watchWriters } from '../support/storage.js';

const storage = useStorage();

describe('A range of interleaved files is merged', () => {
  it('into sorted chunks of its own, which name their rows', async () => {
    const { merge, chunks } = await prepare(
      'sorted',
      [
        ['a', 'd', 'g'],
        ['b', 'e', 'h'],
        ['c', 'f'],
      ].map(keys),
    );
    expect(await merge()).toEqual({ range: 4, rows: 8, duplicates: 0, bytes: 40, chunks: 3 });
    const lines = await chunks();
    expect((await rowsOf(storage(), lines)).map((rows) => rows.map(({ key }) => key).join(''))).toEqual([
      'abc',
      'def',
      'gh',
    ]);
    expect(lines.map(({ id, rows, bytes, first, last }) => [id, rows, bytes, first, last])).toEqual([
      ['m4-0', 3, 15, 'a', 'c'],
      ['m4-1', 3, 15, 'd', 'f'],
      ['m4-2', 2, 10, 'g', 'h'],
    ]);
    expect(lines[1]?.after).toBe(justBefore(destinationKey('d', requestOf())));
  });

  it('without the rows that are not in it: from is, to is not', async () => {
    const { merge, keysOf } = await prepare(
      'cut',
      [
        ['a', 'c', 'e'],
        ['b', 'd', 'f'],
      ].map(keys),
      {
        from: 'b',
        to: 'e',
      },
    );
    expect(await merge()).toMatchObject({ rows: 3 });
    expect(await keysOf()).toEqual(['b', 'c', 'd']);
  });

  it('in the order of UTF-8 bytes, whatever its keys hold', async () => {
    const odd = ['\u{10000}', '\uFFFF', 'line\nbreak', '"', ',', '","', '%41', 'A', 'é', '😀'];
    const { merge, keysOf } = await prepare('odd', [keys(odd.slice(0, 5)), keys(odd.slice(5))], { from: '\u0000' });
    await merge();
    expect(await keysOf()).toEqual(odd.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  it('with all rows of one key in one chunk, as they came', async () => {
    const versions = (...ids: string[]) => ids.map((versionId) => rowOf('b', { versionId }));
    const files = [
      [rowOf('a'), ...versions('1', '2')],
      [...versions('3', '4'), rowOf('c')],
    ];
    const { merge, chunks } = await prepare('versions', files);
    await merge();
    const merged = await rowsOf(storage(), await chunks());
    expect(merged.map((rows) => rows.map(({ key, versionId }) => key + versionId))).toEqual([
      ['a', 'b1', 'b2', 'b3', 'b4'],
      ['c'],
    ]);
  });

  it('in the memory that it may take: the rest is in scratch files, which are cleared', async () => {
    const many = Array.from({ length: 4 }, (_, file) =>
      Array.from({ length: 50 }, (_, index) => rowOf(`key-${String(4 * index + file).padStart(3, '0')}`)),
    );
    const { merge, keysOf } = await prepare('memory', many);
    let [files, cleared] = [0, 0];
    const scratch = () => {
      const real = storage().ports.scratch();
      const file = () => {
        files += 1;
        return real.file();
      };
      return { file, clear: () => real.clear().then(() => void (cleared += 1)) };
    };
    // A row weighs 264: forty are held at once.
    expect(await merge({ scratch }, 40 * 242)).toMatchObject({ rows: 200 });
    expect(await keysOf()).toEqual(Array.from({ length: 200 }, (_, index) => `key-${String(index).padStart(3, '0')}`));
    expect({ files, cleared }).toEqual({ files: 5, cleared: 1 });
  });

  it('to the same bytes when it is done again', async () => {
    const { merge, id } = await prepare(
      'twice',
      [
        ['a', 'c'],
        ['b', 'd'],
      ].map(keys),
    );
    const bytes = () => storage().s3.getObject(WORK, runFiles(id).merged(4))?.body;
    await merge();
    const once = bytes();
    await merge();
    expect(bytes()).toEqual(once);
  });
});

describe('A range is not merged', () => {
  it('where the rows of a chunk are not there: no file is left half written, and none is published', async () => {
    const { merge, id, pieces } = await prepare(
      'lost',
      [
        ['a', 'c'],
        ['b', 'd'],
      ].map(keys),
    );
    storage().s3.deleteObject(WORK, pieces[1]?.segments[0]?.key ?? '');
    const { ports, open } = watchWriters(storage().ports);
    await expect(merge(ports)).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect([...open]).toEqual([]);
    expect(storage().s3.getObject(WORK, runFiles(id).merged(4))).toBeUndefined();
    expect(storage().s3.getObject(WORK, runFiles(id).mergedChunks(4))).toBeUndefined();
  });

  it('where its pieces are not there', async () => {
    const { ports } = storage();
    await writeRun(storage(), runOf('merge-nothing'));
    await expect(
      mergeRange(ports, { runId: 'merge-nothing', range: { range: 0, from: 'a' } }, 3),
    ).rejects.toMatchObject({ name: 'RunFileMissing' });
  });
});

function keys(keys: string[]): Row[] {
  return keys.map((key) => rowOf(key));
}

/** A run with a range 4, and a chunk of each file that has rows in it. */
async function prepare(name: string, files: Row[][], range: Partial<KeyRange> = {}) {
  const id = `merge-${name}`;
  const paths = runFiles(id);
  await writeRun(storage(), runOf(id));
  const pieces: Chunk[] = [];
  for (const [file, rows] of files.entries()) pieces.push(await writeChunk(storage(), id, rows, `${file}-0`));
  await storage().ports.work.write(paths.pieces(4), pieces.map((piece) => `${JSON.stringify(piece)}\n`).join(''));
  const chunks = () => linesOf<Chunk>(storage(), paths.mergedChunks(4));
  return {
    id,
    pieces,
    chunks,
    merge: (other: Partial<ReturnType<typeof storage>['ports']> = {}, memory?: number) =>
      mergeRange({ ...storage().ports, ...other }, { runId: id, range: { from: 'a', ...range, range: 4 } }, 3, memory),
    keysOf: async () => (await rowsOf(storage(), await chunks())).flat().map(({ key }) => key),
  };
}
