import { liveRunOf } from '../../contracts/live-run.js';
import { inParallel } from '../parallel.js';
import type { Ports } from '../ports.js';

const AT_ONCE = 64;
const HELD = 1_000;

/** Sends the keys that failed on a day to the queue again, all of them or those of one cause. Answers how many. */
export async function redriveDay(
  { failures, syncQueue }: Pick<Ports, 'failures' | 'syncQueue'>,
  { failuresOf, cause }: { failuresOf: string; cause?: string | undefined },
): Promise<{ failuresOf: string; keys: number }> {
  const from = liveRunOf(failuresOf) === 'back' ? 'destination' : 'source';
  let keys = 0;
  let held: string[] = [];
  const send = async () => {
    await inParallel(held, AT_ONCE, (key) => syncQueue.later({ key, from, tries: 0 }, 0));
    keys += held.length;
    held = [];
  };
  for await (const item of failures.ofRun(failuresOf)) {
    if (item.status !== 'open' || item.key === undefined || (cause !== undefined && item.cause !== cause)) continue;
    held.push(item.key);
    if (held.length === HELD) await send();
  }
  await send();
  return { failuresOf, keys };
}
