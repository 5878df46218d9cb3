import type { Chunk, Segment } from '../../contracts/chunk.js';
import type { RunRequest } from '../../contracts/run-request.js';
import type { OwedPiece } from '../../contracts/tally.js';
import { compareKeys, destinationKey, justBefore } from '../keys.js';

const MOST_SEGMENTS = 100;

/** A piece of owed rows. `alone`: it comes from a chunk that was split because its worker failed, and must not be joined again. */
export interface Piece extends OwedPiece {
  alone: boolean;
}

/** Packs pieces, which come in key order, into the chunks of a pass: as many rows as fit, keys in order over all segments. */
export async function* packPieces(
  pieces: AsyncIterable<Piece>,
  at: { pass: number; chunkRows: number; request: RunRequest },
): AsyncGenerator<Chunk> {
  let held: Piece[] = [];
  let made = 0;
  const cut = () => chunkOf(`p${at.pass}-${made++}`, held, at.request);
  for await (const piece of pieces) {
    if (held.length > 0 && !fits(held, piece, at.chunkRows)) {
      yield cut();
      held = [];
    }
    held.push(piece);
  }
  if (held.length > 0) yield cut();
}

function fits(held: readonly Piece[], piece: Piece, chunkRows: number): boolean {
  const last = held.at(-1);
  if (!last || last.alone || piece.alone || held.length === MOST_SEGMENTS) return false;
  const rows = held.reduce((sum, each) => sum + each.rows, piece.rows);
  return rows <= chunkRows && compareKeys(last.last, piece.first) < 0;
}

function chunkOf(id: string, pieces: readonly Piece[], request: RunRequest): Chunk {
  const first = pieces[0]?.first ?? '';
  const segments: Segment[] = pieces.map((piece) => piece.segment);
  return {
    id,
    rows: pieces.reduce((sum, piece) => sum + piece.rows, 0),
    bytes: pieces.reduce((sum, piece) => sum + piece.bytes, 0),
    after: justBefore(destinationKey(first, request)),
    first,
    last: pieces.at(-1)?.last ?? '',
    segments,
  };
}
