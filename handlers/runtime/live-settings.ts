import type { Environment } from '../../contracts/environment.js';
import type { LiveSettings } from '../../contracts/live.js';

/** What the functions of a live copy by events are told. Throws where the pair has none. */
export function liveSettingsOf({ BACKFILL_LIVE }: Environment): LiveSettings {
  if (BACKFILL_LIVE) return BACKFILL_LIVE;
  throw new Error('Expected BACKFILL_LIVE in the environment: only a pair with live: "events" has this function.');
}
