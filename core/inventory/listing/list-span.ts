import type { KeySpan } from '../../../contracts/listing.js';
import { StorageError } from '../../errors.js';
import { compareKeys } from '../../keys.js';
import { findCuts, splitSpan } from './find-cuts.js';
import type { ListedObject, Lister, Place } from './listers.js';

/**
 * Lists a span, up to so many pages; answers what is left of it, split into pieces for the next round. Each object of the
 * span that is there all the time is either written or in one of them.
 */
export async function listSpan(
  lister: Lister,
  span: KeySpan & { pages: number; pieces: number },
  write: (objects: readonly ListedObject[]) => Promise<void>,
): Promise<KeySpan[]> {
  const { until, pieces } = span;
  let from: Place = span;
  for (let pages = 0; pages < span.pages && !(pages > 0 && lister.isLate()); pages++) {
    const page = await pageOf(lister, from, pages > 0);
    if (page === 'late') return [spanOf(from, until)];
    await write(upTo(page.objects, until));
    if (!page.next || isBeyond(page.next, until)) return [];
    from = page.next;
  }
  const rest = spanOf(from, until);
  return splitSpan(rest, await findCuts((behind) => nextKey(lister, behind), rest, pieces));
}

/** A call that got no page at all in its time has nothing to answer: it is tried again as a whole. */
async function pageOf(
  lister: Lister,
  from: Place,
  isBegun: boolean,
): Promise<'late' | Awaited<ReturnType<Lister['page']>>> {
  try {
    return await lister.page(from);
  } catch (error) {
    if (isBegun && isThrottled(error)) return 'late';
    throw error;
  }
}

/** What is already listed must not be lost to a probe: where S3 has no time for it, there is one cut less. */
async function nextKey(lister: Lister, after: string): Promise<string | undefined> {
  try {
    return await lister.nextKey(after);
  } catch (error) {
    if (isThrottled(error)) return undefined;
    throw error;
  }
}

function upTo(objects: readonly ListedObject[], until: string | undefined): readonly ListedObject[] {
  const beyond = until === undefined ? -1 : objects.findIndex(({ key }) => compareKeys(key, until) > 0);
  return beyond < 0 ? objects : objects.slice(0, beyond);
}

/** Whether nothing of a span is left behind a place. Within its last key there may be. */
function isBeyond({ after, version }: Place, until: string | undefined): boolean {
  if (until === undefined) return false;
  const order = compareKeys(after, until);
  return order > 0 || (order === 0 && version === undefined);
}

function spanOf({ after, version }: Place, until: string | undefined): KeySpan {
  return {
    after,
    ...(version === undefined ? {} : { version }),
    ...(until === undefined ? {} : { until }),
  };
}

function isThrottled(error: unknown): boolean {
  return error instanceof StorageError && error.kind === 'throttled';
}
