import { createHash } from 'node:crypto';
import { Body } from './body.js';
import { type Checksum, type ChecksumAlgorithm, type ChecksumType, checksumOf, checksumOfParts } from './checksums.js';

/** One part of a multipart object, as GET and HEAD with `partNumber` and GetObjectAttributes show it. */
export interface ContentPart {
  number: number;
  size: number;
  /** Base64; only where the upload named a checksum algorithm. */
  checksum?: string;
}

/** An object's bytes with all that follows from them alone. Copies share it whole. */
export interface Content {
  readonly body: Body;
  /** Without quotes. The MD5 of the bytes, or of the parts' MD5s with the number of parts after a dash. */
  readonly etag: string;
  readonly parts: readonly ContentPart[];
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType;
  /** Computed when first asked for: most objects' checksums are never looked at. */
  checksum(): Checksum | undefined;
}

/** Content that arrived in one piece. @param known its checksum, where the client sent it and it was checked. */
export function wholeContent(
  body: Body,
  algorithm: ChecksumAlgorithm | undefined,
  known?: { etag?: string; checksum?: string },
): Content {
  const etag = known?.etag ?? body.digest('md5').toString('hex');
  return contentWith(
    { body, etag, parts: [], checksumAlgorithm: algorithm, checksumType: 'FULL_OBJECT' },
    () => algorithm && (known?.checksum ?? checksumOf(algorithm, body)),
  );
}

/** Content put together from parts: the ETag, and the checksum, are of the parts' own. */
export function partedContent(
  parts: readonly { body: Body; etag: string; number: number; checksum: () => string | undefined }[],
  checksum: { algorithm: ChecksumAlgorithm; type: ChecksumType; listed: boolean } | undefined,
): Content {
  const md5s = createHash('md5');
  for (const part of parts) md5s.update(part.etag, 'hex');
  return contentWith(
    {
      body: Body.join(parts.map((part) => part.body)),
      etag: `${md5s.digest('hex')}-${parts.length}`,
      parts: parts.map((part) => {
        const value = checksum?.listed ? part.checksum() : undefined;
        return { number: part.number, size: part.body.size, ...(value === undefined ? {} : { checksum: value }) };
      }),
      checksumAlgorithm: checksum?.algorithm,
      checksumType: checksum?.type ?? 'FULL_OBJECT',
    },
    () => {
      if (!checksum) return undefined;
      const { algorithm, type } = checksum;
      const summed = parts.map((part) => ({
        checksum: part.checksum() ?? checksumOf(algorithm, part.body),
        size: part.body.size,
      }));
      return checksumOfParts(algorithm, type, summed, (bytes) => checksumOf(algorithm, Body.of(bytes)));
    },
  );
}

/** The same bytes as a copy holds them: in one piece, under one algorithm; shared as they are wherever that changes nothing. */
export function copiedContent(source: Content, algorithm: ChecksumAlgorithm): Content {
  const single = source.parts.length === 0;
  if (single && source.checksumAlgorithm === algorithm) return source;
  const keepsChecksum = source.checksumAlgorithm === algorithm && source.checksumType === 'FULL_OBJECT';
  const checksum = keepsChecksum ? source.checksum()?.value : undefined;
  return wholeContent(source.body, algorithm, {
    ...(single && { etag: source.etag }),
    ...(checksum !== undefined && { checksum }),
  });
}

function contentWith(fixed: Omit<Content, 'checksum'>, compute: () => string | undefined): Content {
  let checksum: Checksum | undefined;
  return {
    ...fixed,
    checksum() {
      const { checksumAlgorithm: algorithm, checksumType: type } = fixed;
      if (!algorithm) return undefined;
      checksum ??= { algorithm, type, value: compute() as string };
      return checksum;
    },
  };
}
