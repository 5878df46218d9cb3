import { createHash } from 'node:crypto';
import { type CrcName, crc, crcOfZeros, joinCrcs } from './crc.js';

/** A run of zero bytes that takes no memory: what lets a test hold a 100 GiB object. */
export interface Zeros {
  zeros: number;
}

type Segment = Buffer | Zeros;

/** An object's bytes, never changed once made: copies, ranges and multipart uploads share them instead of moving them. */
export class Body {
  readonly size: number;
  readonly #segments: readonly Segment[];

  private constructor(segments: readonly Segment[]) {
    this.#segments = withJoinedZeros(segments);
    this.size = this.#segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  }

  /** @param content bytes that the caller does not change any more. */
  static of(content: Uint8Array | Zeros): Body {
    if ('zeros' in content) return new Body([content]);
    return new Body([
      Buffer.isBuffer(content) ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength),
    ]);
  }

  static join(bodies: readonly Body[]): Body {
    return new Body(bodies.flatMap((body) => body.#segments));
  }

  /** @param start first byte @param end exclusive */
  slice(start: number, end: number): Body {
    if (start === 0 && end === this.size) return this;
    const segments: Segment[] = [];
    let offset = 0;
    for (const segment of this.#segments) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, lengthOf(segment))];
      if (from < to) segments.push('zeros' in segment ? { zeros: to - from } : segment.subarray(from, to));
      offset += lengthOf(segment);
    }
    return new Body(segments);
  }

  /** The bytes in order, in pieces of at most 1 MiB where they are a run of zeros. */
  *pieces(): Generator<Buffer> {
    for (const segment of this.#segments) {
      if (!('zeros' in segment)) yield segment;
      else
        for (let rest = segment.zeros; rest > 0; rest -= ZERO_PIECE.length)
          yield ZERO_PIECE.subarray(0, Math.min(rest, ZERO_PIECE.length));
    }
  }

  toBuffer(): Buffer {
    const [only, ...more] = this.#segments;
    return only && !('zeros' in only) && more.length === 0 ? only : Buffer.concat([...this.pieces()]);
  }

  digest(algorithm: 'md5' | 'sha1' | 'sha256'): Buffer {
    const [only, ...more] = this.#segments;
    const remembered = only && 'zeros' in only && more.length === 0 ? `${algorithm} ${only.zeros}` : undefined;
    const known = remembered === undefined ? undefined : zeroDigests.get(remembered);
    if (known) return known;
    const hash = createHash(algorithm);
    for (const piece of this.pieces()) hash.update(piece);
    const digest = hash.digest();
    if (remembered !== undefined && zeroDigests.size < 10_000) zeroDigests.set(remembered, digest);
    return digest;
  }

  crc(name: CrcName): bigint {
    let value = 0n;
    for (const segment of this.#segments) {
      value =
        'zeros' in segment
          ? joinCrcs(name, value, crcOfZeros(name, segment.zeros), segment.zeros)
          : crc(name, segment, value);
    }
    return value;
  }
}

/** Runs of zeros that touch are one run, so that its digests are remembered however it came to be. */
function withJoinedZeros(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    if (last && 'zeros' in last && 'zeros' in segment)
      joined[joined.length - 1] = { zeros: last.zeros + segment.zeros };
    else if (lengthOf(segment) > 0) joined.push(segment);
  }
  return joined;
}

const ZERO_PIECE = Buffer.alloc(1024 * 1024);
/** Digests of runs of zeros, by algorithm and length. */
const zeroDigests = new Map<string, Buffer>();

const lengthOf = (segment: Segment) => ('zeros' in segment ? segment.zeros : segment.length);
