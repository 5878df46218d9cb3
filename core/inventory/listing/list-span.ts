import type { KeySpan } from '../../../contracts/listing.js';
import { StorageError } from '../../errors.js';
import { compareKeys } from '../../keys.js';
import type { ListPage, SourceState } from '../../ports.js';
import { findCuts, splitSpan } from './find-cuts.js';

/** What a listing asks of the source. Throws a throttled StorageError where the worker's time is over before S3 answers. */
export interface Lister {
  /** A page of keys behind a place, exclusive; of one key where that is all that is wanted. */
  list(after: string, limit?: number): Promise<ListPage<SourceState>>;
  /** Whether no further page is to be begun. */
  isLate(): boolean;
}

/**
 * Lists a span, up to so many pages; answers what is left of it, split into pieces for the next round. Each object of the
 * span that is there all the time is either written or in one of them.
 */
export async function listSpan(
  lister: Lister,
  span: KeySpan & { pages: number; pieces: number },
  write: (objects: readonly SourceState[]) => Promise<void>,
): Promise<KeySpan[]> {
  const { until, pieces } = span;
  let { after } = span;
  for (let pages = 0; pages < span.pages && !(pages > 0 && lister.isLate()); pages++) {
    const page = await pageOf(lister, after, pages > 0);
    if (page === 'late') return [spanOf(after, until)];
    const end = until === undefined ? page.objects.length : lengthUpTo(page.objects, until);
    await write(end === page.objects.length ? page.objects : page.objects.slice(0, end));
    if (!page.truncated || end < page.objects.length) return [];
    after = page.objects.at(-1)?.key ?? after;
    if (after === until) return [];
  }
  const rest = spanOf(after, until);
  return splitSpan(rest, await findCuts((behind) => nextKey(lister, behind), rest, pieces));
}

/** A call that got no page at all in its time has nothing to answer: it is tried again as a whole. */
async function pageOf(lister: Lister, after: string, isBegun: boolean): Promise<ListPage<SourceState> | 'late'> {
  try {
    return await lister.list(after);
  } catch (error) {
    if (isBegun && isThrottled(error)) return 'late';
    throw error;
  }
}

/** What is already listed must not be lost to a probe: where S3 has no time for it, there is one cut less. */
async function nextKey(lister: Lister, after: string): Promise<string | undefined> {
  try {
    const { objects } = await lister.list(after, 1);
    return objects[0]?.key;
  } catch (error) {
    if (isThrottled(error)) return undefined;
    throw error;
  }
}

function lengthUpTo(objects: readonly SourceState[], until: string): number {
  const beyond = objects.findIndex(({ key }) => compareKeys(key, until) > 0);
  return beyond < 0 ? objects.length : beyond;
}

function spanOf(after: string, until: string | undefined): KeySpan {
  return { after, ...(until === undefined ? {} : { until }) };
}

function isThrottled(error: unknown): boolean {
  return error instanceof StorageError && error.kind === 'throttled';
}
