import type { Body } from './body.js';
import { type CrcName, joinCrcs } from './crc.js';

export type ChecksumAlgorithm = CrcName | 'SHA1' | 'SHA256';

/** `FULL_OBJECT`: of the bytes. `COMPOSITE`: of the parts' checksums, with the number of parts after a dash. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** A checksum as headers and XML carry it: base64, with `-N` where it is composite. */
export interface Checksum {
  algorithm: ChecksumAlgorithm;
  type: ChecksumType;
  value: string;
}

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'];

/** What S3 computes where the client names no algorithm. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = 'CRC64NVME';

/** The base64 checksum of a body's bytes. */
export function checksumOf(algorithm: ChecksumAlgorithm, body: Body): string {
  if (algorithm === 'SHA1' || algorithm === 'SHA256')
    return body.digest(algorithm === 'SHA1' ? 'sha1' : 'sha256').toString('base64');
  return crcToBase64(algorithm, body.crc(algorithm));
}

/** The checksum of a multipart object, from those of its parts: nothing is read again. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { checksum: string; size: number }[],
  digestOf: (bytes: Buffer) => string,
): string {
  if (type === 'COMPOSITE')
    return `${digestOf(Buffer.concat(parts.map((part) => Buffer.from(part.checksum, 'base64'))))}-${parts.length}`;
  if (algorithm === 'SHA1' || algorithm === 'SHA256')
    throw new Error(`Expected a CRC for a full-object checksum of parts; ${algorithm} cannot be joined.`);
  return crcToBase64(
    algorithm,
    parts.reduce(
      (joined, { checksum, size }) =>
        joinCrcs(algorithm, joined, BigInt(`0x${Buffer.from(checksum, 'base64').toString('hex')}`), size),
      0n,
    ),
  );
}

/** Whether a text could be a checksum of this algorithm: base64 of the right length. */
export function isChecksum(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === BYTES[algorithm] && bytes.toString('base64') === value;
}

/** `x-amz-checksum-crc32` and its kin. */
export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`;
/** `ChecksumCRC32` and its kin. */
export const checksumElement = (algorithm: ChecksumAlgorithm) => `Checksum${algorithm}`;

const BYTES: Record<ChecksumAlgorithm, number> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

function crcToBase64(name: CrcName, value: bigint): string {
  return Buffer.from(value.toString(16).padStart(BYTES[name] * 2, '0'), 'hex').toString('base64');
}
