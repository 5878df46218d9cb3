import { createHash } from 'node:crypto';

/** Versions made so far, in all buckets of the process. */
let made = 0;

/**
 * A new version id, as S3's look: 32 letters, digits, dots and underscores, in no order that shows.
 * The same writes get the same ids in every process.
 */
export function nextVersionId(): string {
  made += 1;
  return sealed(made);
}

/**
 * When a version was made: later ones have a higher number.
 * @returns undefined for what was never made here: S3 too tells its own ids from others (one with its end changed is invalid)
 */
export function orderOfVersion(versionId: string): number | undefined {
  if (!/^[\w.]{32}$/.test(versionId)) return undefined;
  const bytes = Buffer.from(versionId.replaceAll('.', '-'), 'base64url');
  const order = (bytes.readUInt32BE(SEAL) ^ bytes.readUInt32BE(0)) >>> 0;
  return sealed(order) === versionId ? order : undefined;
}

/** The number, hidden, behind a seal of its own. */
function sealed(order: number): string {
  const bytes = createHash('sha256')
    .update(`version ${order}`)
    .digest()
    .subarray(0, SEAL + 4);
  bytes.writeUInt32BE((bytes.readUInt32BE(0) ^ order) >>> 0, SEAL);
  return bytes.toString('base64url').replaceAll('-', '.');
}

/** Bytes before the number. */
const SEAL = 20;
