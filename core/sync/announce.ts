import { createHash } from 'node:crypto';
import { KEPT_DAYS, type Intent, type Side } from '../../contracts/live.js';
import type { Announcement, CopyTools } from '../copy/copy-row.js';
import type { AnnouncedCopies, Clock, Deadline } from '../ports.js';
import { AFTER_THE_END_MS, MOST_SUPERSEDED } from './intents.js';

/** How often others may write the record of a key under us. */
const MOST_TRIES = 20;

/**
 * Puts on file what a run is about to write in a live pair. Whoever comes upon that object knows it for a copy, whatever the
 * source has become since: its own time, which is that of the copy, would make it the newer one.
 */
export function announcer(
  { records, to, bucket }: AnnouncedCopies,
  clock: Pick<Clock, 'now'>,
  deadline: Deadline,
): NonNullable<CopyTools['announce']> {
  return async (announced) => {
    // A restore may go elsewhere.
    if (announced.bucket !== bucket) return;
    const now = clock.now();
    const until = now + deadline() + AFTER_THE_END_MS;
    const pk = createHash('sha256')
      .update(to === 'destination' ? announced.sourceKey : announced.destinationKey)
      .digest('hex');
    const expiresAt = Math.floor(now / 1000) + KEPT_DAYS * 86_400;
    // Of most keys nothing is on file: to write at once is one call less.
    if (await records.putIf({ pk, revision: 1, superseded: [intentOf(announced, to, now, until)], expiresAt })) return;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { revision = 0, superseded = [], ...known } = (await records.find(pk)) ?? {};
      const same = superseded.find((each) => isSame(each, announced, to));
      const others = superseded.filter((each) => each !== same && each.until > now);
      const own = intentOf(announced, to, same?.at ?? now, until);
      const next = { ...known, pk, revision: revision + 1, superseded: [own, ...others].slice(0, MOST_SUPERSEDED) };
      if (await records.putIf({ ...next, expiresAt })) return;
    }
    throw new Error(`Expected to put a copy on file; other workers wrote its record ${MOST_TRIES} times meanwhile.`);
  };
}

function intentOf({ of, over }: Announcement, to: Side, at: number, until: number): Intent {
  return { to, of, over: over === undefined ? 'gone' : { etag: over }, at, until };
}

/** What goes on in parts was begun before: its time is that of its beginning. */
function isSame(intent: Intent, { of }: Announcement, to: Side): boolean {
  if (intent.to !== to || intent.of === 'gone') return false;
  return intent.of.etag === of.etag && intent.of.modified === of.modified && intent.of.versionId === of.versionId;
}
