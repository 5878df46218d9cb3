import { compareKeys, justBefore } from '../keys.js';
import type { ListPage, ObjectState } from '../ports.js';

export interface Beside<R, State extends ObjectState = ObjectState> {
  row: R;
  /** What the listing shows under the row's key there. */
  listed: State | undefined;
}

/**
 * Walks rows beside a listing, both in UTF-8 byte order. A page is fetched only when a row lies beyond what is known,
 * and starts just before that row: stretches that hold no row are jumped, never listed.
 *
 * `list(after)` lists objects after a key, exclusive; a truncated page is never empty. Throws where it does not go on.
 */
export async function* walkBeside<R, State extends ObjectState = ObjectState>(
  rows: Iterable<R>,
  keyOf: (row: R) => string,
  list: (after: string) => Promise<ListPage<State>>,
): AsyncGenerator<Beside<R, State>> {
  let objects: readonly State[] = [];
  let at = 0;
  /** Everything up to this key, inclusive, has been listed or belongs to no row. */
  let known: string | undefined;
  let complete = false;
  for (const row of rows) {
    const key = keyOf(row);
    while (!complete && (known === undefined || compareKeys(known, key) < 0)) {
      const before = justBefore(key);
      const after = known !== undefined && compareKeys(known, before) > 0 ? known : before;
      const page = await list(after);
      expectProgress(page, after);
      objects = page.objects;
      at = 0;
      complete = !page.truncated;
      known = objects.at(-1)?.key ?? known;
    }
    for (let next = objects[at]; next && compareKeys(next.key, key) < 0; next = objects[at]) at += 1;
    const candidate = objects[at];
    yield { row, listed: candidate?.key === key ? candidate : undefined };
  }
}

/** A server that does not know StartAfter would be asked for the same page for ever. */
function expectProgress({ objects, truncated }: ListPage, after: string): void {
  const last = objects.at(-1)?.key;
  if (truncated && (last === undefined || compareKeys(last, after) <= 0))
    throw new Error(
      `The bucket's listing did not go on: expected keys behind ${JSON.stringify(after)}, found ${last === undefined ? 'none' : `none behind ${JSON.stringify(last)}`}. Its server does not list as S3 does (StartAfter).`,
    );
}
