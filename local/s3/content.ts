import { createHash } from 'node:crypto';
import { Body } from './body.js';
import { type Checksum, type ChecksumAlgorithm, type ChecksumType, checksumOf, checksumOfParts } from './checksums.js';

/** One part of a multipart object, as GET and HEAD with `partNumber` show it. */
export interface ContentPart {
  number: number;
  size: number;
  /** Base64; only where the object's checksum is composed of its parts'. */
  checksum?: string;
}

/** A part to put an object together from. */
export interface SourcePart {
  readonly number: number;
  readonly body: Body;
  /** Without quotes: the MD5 of the part, or opaque. */
  readonly etag: string;
  /** Base64, in the object's algorithm; computed when first asked for. */
  readonly checksum: () => string | undefined;
}

/** An object's bytes with all that follows from them alone. Copies share it whole. */
export class Content {
  readonly body: Body;
  /** Without quotes. The MD5 of the bytes, or of the parts' ETags with the number of parts after a dash; opaque under KMS and SSE-C. */
  readonly etag: string;
  /** Empty where the object did not come in parts. */
  readonly parts: readonly ContentPart[];
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType;
  #checksum: string | (() => string) | undefined;

  private constructor(
    body: Body,
    etag: string,
    parts: readonly ContentPart[],
    kind: ChecksumKind | undefined,
    checksum: string | (() => string) | undefined,
  ) {
    this.body = body;
    this.etag = etag;
    this.parts = parts;
    this.checksumAlgorithm = kind?.algorithm;
    this.checksumType = kind?.type ?? 'FULL_OBJECT';
    this.#checksum = checksum;
  }

  /** Content that arrived in one piece. @param known what is known of it already: its ETag, its checksum in that algorithm */
  static whole(
    body: Body,
    algorithm: ChecksumAlgorithm | undefined,
    known: { etag?: string | undefined; checksum?: string | undefined } = {},
  ): Content {
    const etag = known.etag ?? body.digest('md5').toString('hex');
    return new Content(body, etag, NO_PARTS, algorithm && { algorithm, type: 'FULL_OBJECT' }, known.checksum);
  }

  /** Content put together from parts: its ETag, and its checksum, are made of theirs. */
  static ofParts(parts: readonly SourcePart[], kind: ChecksumKind | undefined): Content {
    const md5s = createHash('md5');
    for (const part of parts) md5s.update(part.etag, 'hex');
    const listed = parts.map((part) => {
      const checksum = kind?.type === 'COMPOSITE' ? part.checksum() : undefined;
      return { number: part.number, size: part.body.size, ...(checksum !== undefined && { checksum }) };
    });
    const body = Body.join(parts.map((part) => part.body));
    return new Content(
      body,
      `${md5s.digest('hex')}-${parts.length}`,
      listed,
      kind,
      kind && (() => joinedChecksum(parts, kind)),
    );
  }

  /**
   * The same bytes as a copy holds them: in one piece, under one algorithm; shared as they are where that changes nothing.
   * @param etag where it may not be the source's
   */
  copied(algorithm: ChecksumAlgorithm, etag?: string): Content {
    const single = this.parts.length === 0;
    const sameChecksum = this.checksumAlgorithm === algorithm && this.checksumType === 'FULL_OBJECT';
    if (single && sameChecksum && etag === undefined) return this;
    return Content.whole(this.body, algorithm, {
      etag: etag ?? (single ? this.etag : undefined),
      checksum: sameChecksum ? this.checksum()?.value : undefined,
    });
  }

  /** Computed when first asked for: most objects' checksums are never looked at. */
  checksum(): Checksum | undefined {
    const { checksumAlgorithm: algorithm, checksumType: type } = this;
    if (!algorithm) return undefined;
    const value =
      typeof this.#checksum === 'function' ? this.#checksum() : (this.#checksum ?? checksumOf(algorithm, this.body));
    this.#checksum = value;
    return { algorithm, type, value };
  }
}

interface ChecksumKind {
  algorithm: ChecksumAlgorithm;
  type: ChecksumType;
}

const NO_PARTS: readonly ContentPart[] = [];

function joinedChecksum(parts: readonly SourcePart[], { algorithm, type }: ChecksumKind): string {
  const summed = parts.map((part) => ({
    checksum: part.checksum() ?? checksumOf(algorithm, part.body),
    size: part.body.size,
  }));
  return checksumOfParts(algorithm, type, summed, (bytes) => checksumOf(algorithm, Body.of(bytes)));
}
