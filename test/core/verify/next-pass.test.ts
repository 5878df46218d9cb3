import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { packPieces, type Piece } from '../../../core/verify/next-pass.js';
import { requestOf } from '../support/rows.js';

describe('Owed rows of many chunks', () => {
  it('become one chunk of the next pass where they fit', async () => {
    const chunks = await pack([pieceOf('a', 'c', 3), pieceOf('d', 'f', 4), pieceOf('g', 'g', 3)]);
    expect(chunks).toEqual([
      {
        id: 'p3-0',
        rows: 10,
        bytes: 100,
        after: '`\u{10FFFF}',
        first: 'a',
        last: 'g',
        segments: ['a', 'd', 'g'].map((first) => ({ key: `owed/${first}`, offset: 0, length: 10 })),
      },
    ]);
  });

  it('become another where they would be too many', async () => {
    const chunks = await pack([pieceOf('a', 'c', 3), pieceOf('d', 'f', 8), pieceOf('g', 'g', 3)]);
    expect(chunks.map(({ id, rows }) => [id, rows])).toEqual([
      ['p3-0', 3],
      ['p3-1', 8],
      ['p3-2', 3],
    ]);
  });

  it('become another where their keys overlap: a chunk’s keys are in order over all segments', async () => {
    const chunks = await pack([pieceOf('a', 'm', 2), pieceOf('c', 'd', 2), pieceOf('d', 'e', 2), pieceOf('n', 'n', 2)]);
    expect(chunks.map(({ first, last }) => [first, last])).toEqual([
      ['a', 'm'],
      ['c', 'd'],
      ['d', 'n'],
    ]);
  });

  it('stay apart where their chunk was split, because one of them may have killed its worker', async () => {
    const alone = { alone: true };
    const chunks = await pack([
      pieceOf('a', 'a', 1),
      pieceOf('b', 'b', 1, alone),
      pieceOf('c', 'c', 1, alone),
      pieceOf('d', 'd', 1),
      pieceOf('e', 'e', 1),
    ]);
    expect(chunks.map(({ first, last }) => first + last)).toEqual(['aa', 'bb', 'cc', 'de']);
  });

  it('have a listing that starts where they go, under the destination’s prefix', async () => {
    const request = { source: { bucket: 'photos', prefix: 'in/' }, destination: { bucket: 'copies', prefix: 'out/' } };
    const [chunk] = await pack([pieceOf('in/b', 'in/c', 2)], request);
    expect(chunk).toMatchObject({ after: 'out/a\u{10FFFF}', first: 'in/b', last: 'in/c' });
  });

  it('are none where nothing is owed', async () => {
    expect(await pack([])).toEqual([]);
  });
});

async function pack(pieces: Piece[], request: Partial<RunRequestInput> = {}) {
  const chunks = [];
  const at = { pass: 3, chunkRows: 10, request: requestOf(request) };
  for await (const chunk of packPieces(Readable.from(pieces) as AsyncIterable<Piece>, at)) chunks.push(chunk);
  return chunks;
}

function pieceOf(first: string, last: string, rows: number, { alone = false } = {}): Piece {
  const segment = { key: `owed/${first}`, offset: 0, length: 10 };
  return { segment, rows, bytes: 10 * rows, first, last, alone };
}
