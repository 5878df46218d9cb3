import { createHash } from 'node:crypto';
import { KEPT_DAYS } from '../../contracts/live.js';

const KEPT_SECONDS = KEPT_DAYS * 86_400;

/** Under which the table has a key: SHA-256 (hex) of the key at the source. */
export function pkOf(sourceKey: string): string {
  return createHash('sha256').update(sourceKey).digest('hex');
}

/** Until when a record that is written now is kept, in seconds since the epoch. @param now milliseconds since the epoch */
export function expiryOf(now: number): number {
  return Math.floor(now / 1000) + KEPT_SECONDS;
}

/** When a record was last written, in seconds since the epoch. */
export function writtenAt({ expiresAt }: { expiresAt: number }): number {
  return expiresAt - KEPT_SECONDS;
}
