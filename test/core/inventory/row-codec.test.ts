import { describe, expect, it } from '@jest/globals';
import { decodeRows, encodeRow, packRows, readChunkRows } from '../../../core/inventory/row-codec.js';
import type { Chunk } from '../../../contracts/chunk.js';
import { rowOf } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();

describe('A row on file', () => {
  it('is a line in the dialect of S3 Inventory', () => {
    expect(encodeRow(rowOf('a "b"\n/c', { versionId: 'v1' }))).toBe(
      '"a%20%22b%22%0A/c","v1","5","5d41402abc4b2a76b9719d911017c592","1767225600000","STANDARD","SSE-S3","l"',
    );
  });

  it.each(['', 'a b', '-rf', '\u2028', 'a\r\nb', '"', ',', '%', '+', '😀', '\u0000', 'k'.repeat(1024)])(
    'comes back as it was: %j',
    (key) => {
      expect(decodeRows(encodeRow(rowOf(key)))).toEqual([rowOf(key)]);
    },
  );

  it('comes back also where the inventory had none of the optional fields', () => {
    const row = rowOf('a', { versionId: '', storageClass: '', encryption: '' });
    expect(decodeRows(`${encodeRow(row)}\n${encodeRow(row)}\n`)).toEqual([row, row]);
  });

  it('is missed loudly', () => {
    expect(() => decodeRows('\n')).toThrow('expected a row');
  });
});

describe('The rows of a chunk', () => {
  it('are read by the ranges of its segments, over several files, in order', async () => {
    const { ports } = storage();
    const members = await Promise.all(
      [['a', 'b'], ['c'], ['d', 'e', 'f']].map((keys) => packRows(keys.map((key) => rowOf(key)))),
    );
    const [first, second, third] = members as [Buffer, Buffer, Buffer];
    await ports.work.write('rows/1', Buffer.concat([Buffer.from('noise'), first, second]));
    await ports.work.write('rows/2', Buffer.concat([third, Buffer.from('noise')]));
    const segments = [
      { key: 'rows/1', offset: 5, length: first.length },
      { key: 'rows/1', offset: 5 + first.length, length: second.length },
      { key: 'rows/2', offset: 0, length: third.length },
    ];
    const rows = await readChunkRows(ports.work, chunkOf(6, segments));
    expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('are not taken for more or fewer than they are', async () => {
    const { ports } = storage();
    const member = await packRows([rowOf('a'), rowOf('b')]);
    await ports.work.write('rows/3', member);
    const reading = readChunkRows(ports.work, chunkOf(3, [{ key: 'rows/3', offset: 0, length: member.length }]));
    await expect(reading).rejects.toThrow('chunk 0-0: expected 3 rows in its segments, found 2');
  });
});

function chunkOf(rows: number, segments: Chunk['segments']): Chunk {
  return { id: '0-0', rows, bytes: 0, after: '', first: 'a', last: 'z', segments };
}
