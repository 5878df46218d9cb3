import type { Intent, Seen } from '../../contracts/live.js';
import { compare } from '../compare/compare.js';
import type { ObjectHead } from '../ports.js';
import type { Sight, Synced } from './decide.js';
import { isSeen, seenOf, together, versionOf } from './seen.js';

/** A request that was under way when its worker ended may still be served by S3. */
export const AFTER_THE_END_MS = 60_000;
/** Of one key: those that are kept. */
export const MOST_SUPERSEDED = 5;

/** Clocks of S3 and of a function may differ by so much, and times of S3 are whole seconds. */
const CLOCK_SKEW_MS = 2_000;

/**
 * What both sides were last brought to, where workers ended between their write and putting that on file. It asks what is
 * there now:
 *
 * | there | then |
 * |---|---|
 * | what was there before | nothing was written |
 * | what was to be written | it was: the sides were together then, whatever either has become since |
 * | anything else | somebody wrote there since; what we may have written is gone, and does not matter |
 */
export function resolveIntents(
  intent: Intent | undefined,
  superseded: readonly Intent[],
  sight: Sight,
  synced: Synced | undefined,
): Synced | undefined {
  for (const each of intent ? [intent, ...superseded] : superseded) {
    if (isFoundWritten(each, sight, synced)) return togetherBy(each, sight[each.to]);
  }
  return synced;
}

/**
 * Whether what was to be written was: it comes once, and says nothing of what is there later. What is on file as something
 * else may look the same.
 */
export function isFoundWritten(intent: Intent, sight: Sight, synced: Synced | undefined): boolean {
  const there = sight[intent.to];
  const isKnown = synced !== undefined && isSeen(there, synced[intent.to]);
  return !isKnown && !isSeen(there, intent.over) && isOurs(intent, there);
}

function togetherBy({ to, of }: Intent, there: ObjectHead | undefined): Synced {
  const from: Seen = of === 'gone' ? 'gone' : { etag: of.etag, ...versionOf(of), modified: of.modified };
  return together(to, seenOf(there), from);
}

/**
 * Whether what is there is what we meant to write. Where neither ETag nor checksum can tell (old objects under KMS), an
 * object of that size that was written after we began, and before our time was over, is held to be ours.
 */
function isOurs({ of, at, until }: Intent, there: ObjectHead | undefined): boolean {
  if (of === 'gone' || !there) return of === 'gone' && !there;
  if (there.lastModified > until + AFTER_THE_END_MS) return false;
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
