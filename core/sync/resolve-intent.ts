import type { Intent } from '../../contracts/live.js';
import { compare } from '../compare/compare.js';
import type { ObjectHead } from '../ports.js';
import { otherThan, type Sight, type Synced } from './decide.js';
import { isSeen, seenOf } from './seen.js';

/** Clocks of S3 and of a function may differ by so much, and times of S3 are whole seconds. */
const CLOCK_SKEW_MS = 2_000;

/**
 * What both sides were last brought to, where a worker ended between its write and putting that on file. It asks what is
 * there now:
 *
 * | there | then |
 * |---|---|
 * | what was there before | nothing was written |
 * | what was to be written | it was: the sides were together then, whatever either has become since |
 * | anything else | somebody wrote there since; what we may have written is gone, and does not matter |
 */
export function resolveIntent(intent: Intent, sight: Sight, synced: Synced | undefined): Synced | undefined {
  const there = sight[intent.to];
  if (isSeen(there, intent.over) || !isOurs(intent, there)) return synced;
  const { of } = intent;
  const from = of === 'gone' ? 'gone' : { etag: of.etag, ...only(of, 'versionId'), modified: of.modified };
  return { [otherThan(intent.to)]: from, [intent.to]: seenOf(there) } as unknown as Synced;
}

/**
 * Whether what is there is what we meant to write. Where neither ETag nor checksum can tell (old objects under KMS), an
 * object of that size that was written after we began is held to be ours.
 */
function isOurs({ of, at }: Intent, there: ObjectHead | undefined): boolean {
  if (of === 'gone' || !there) return of === 'gone' && !there;
  const { etag, size, modified, etagKind, checksums } = of;
  const verdict = compare({
    source: { etag, size, lastModified: modified, etagKind, checksums },
    destination: there,
    onFile: 'none',
    isStrong: true,
  });
  if (verdict.kind === 'identical') return true;
  return verdict.kind === 'differs' && verdict.by === 'unproved' && there.lastModified >= at - CLOCK_SKEW_MS;
}

function only<T extends object, K extends keyof T>(from: T, name: K): Partial<Pick<T, K>> {
  return from[name] === undefined ? {} : ({ [name]: from[name] } as unknown as Pick<T, K>);
}
