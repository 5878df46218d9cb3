import type { Intent, Side, SyncRecord } from '../../contracts/live.js';
import type { Announcement, CopyTools } from '../copy/copy-row.js';
import type { AnnouncedCopies, Clock, Deadline } from '../ports.js';
import { otherThan } from './decide.js';
import { AFTER_THE_END_MS, MOST_SUPERSEDED, resolveIntents } from './intents.js';
import { expiryOf, pkOf } from './record.js';
import { carriedOf, isSeen } from './seen.js';

/** How often others may write the record of a key under us. */
const MOST_TRIES = 20;

/**
 * Puts on file what a run is about to write in a live pair. Whoever comes upon that object knows it for a copy, whatever the
 * source has become since: its own time, which is that of the copy, would make it the newer one. Throws StorageError where
 * the table is throttled.
 */
export function announcer(
  { records, to, bucket, direction }: AnnouncedCopies,
  clock: Pick<Clock, 'now'>,
  deadline: Deadline,
): NonNullable<CopyTools['announce']> {
  return async (announced) => {
    // A restore may go elsewhere.
    if (announced.bucket !== bucket) return 'announced';
    const now = clock.now();
    const own = intentOf(announced, to, { at: now, until: now + deadline() + AFTER_THE_END_MS });
    const pk = pkOf(to === 'destination' ? announced.sourceKey : announced.destinationKey);
    const expiresAt = expiryOf(now);
    // Of most keys nothing is on file: to write at once is one call less.
    if (await records.putIf({ pk, revision: 1, superseded: [own], expiresAt })) return 'announced';
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const known = await records.find(pk);
      if (direction === 'both' && announced.givesWay && isNewer(known, announced, to)) return 'newer';
      const { revision = 0, superseded = [] } = known ?? {};
      const same = superseded.find((each) => isSame(each, own));
      const others = superseded.filter((each) => each !== same);
      const next = [{ ...own, at: same?.at ?? own.at }, ...others].slice(0, MOST_SUPERSEDED);
      if (await records.putIf({ ...known, pk, revision: revision + 1, superseded: next, expiresAt }))
        return 'announced';
    }
    throw new Error(`Expected to put a copy on file; other workers wrote its record ${MOST_TRIES} times meanwhile.`);
  };
}

function intentOf({ of, over }: Announcement, to: Side, when: Pick<Intent, 'at' | 'until'>): Intent {
  return { to, of: carriedOf(of), over: over === undefined ? 'gone' : { etag: over.etag }, ...when };
}

/**
 * A time of a copy is when it was copied: what both sides had when they were last together tells which of them is newer. One
 * way the source counts, whatever became of the destination.
 */
function isNewer(known: SyncRecord | undefined, { of, over }: Announcement, to: Side): boolean {
  if (!known || !over) return false;
  const from = otherThan(to);
  // Of writes to its own side: what it is may be one of them.
  const [intent, ...superseded] = [...(known.intent ? [known.intent] : []), ...(known.superseded ?? [])].filter(
    (each) => each.to === from,
  );
  const synced = resolveIntents(intent, superseded, { source: of, destination: of }, known.synced);
  return synced !== undefined && isSeen(of, synced[from]) && !isSeen(over, synced[to]);
}

/** What goes on in parts was begun before: its time is that of its beginning. */
function isSame(a: Intent, b: Intent): boolean {
  if (a.to !== b.to || a.of === 'gone' || b.of === 'gone') return false;
  return a.of.etag === b.of.etag && a.of.modified === b.of.modified && a.of.versionId === b.of.versionId;
}
