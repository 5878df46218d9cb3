import { compareKeys, justBefore } from '../keys.js';
import type { ListPage, ObjectState } from '../ports.js';

export interface Beside<R, State extends ObjectState = ObjectState> {
  row: R;
  /** What is there under the row's key. */
  listed: State | undefined;
}

/** How the walk looks at what is there. */
export interface Looks<State extends ObjectState = ObjectState> {
  /** Lists objects after a key, exclusive; a truncated page is never empty. */
  list: (after: string) => Promise<ListPage<State>>;
  /** Asks for objects one by one, which is cheaper where rows are far apart. Without it all is listed. */
  head?: (keys: readonly string[]) => Promise<readonly (State | undefined)[]>;
}

/** A LIST costs what 12.5 HEADs do: a page that tells of fewer rows than that is dearer. Source: Amazon S3 pricing. */
const FEWEST_ROWS_A_PAGE = 12;
/** Rows that are asked for one by one before a page is tried again: twice as many each time that it told of few. */
const FEWEST_HEADS = 25;
const MOST_HEADS = 400;

/**
 * Walks rows beside a listing, both in UTF-8 byte order; answers the rows in batches, in order, none empty. A page is fetched
 * only when a row lies beyond what is known, and starts just before that row: stretches that hold no row are jumped, never
 * listed. Throws where the listing does not go on.
 */
export async function* walkBeside<R, State extends ObjectState = ObjectState>(
  rows: Iterable<R>,
  keyOf: (row: R) => string,
  { list, head }: Looks<State>,
): AsyncGenerator<Beside<R, State>[]> {
  const ahead = new Ahead(rows, keyOf);
  /** Everything up to this key, inclusive, has been listed or belongs to no row. */
  let known: string | undefined;
  let heads = FEWEST_HEADS;
  while (ahead.next !== undefined) {
    const before = justBefore(ahead.next.key);
    const after = known !== undefined && compareKeys(known, before) > 0 ? known : before;
    const page = await list(after);
    expectProgress(page, after);
    known = page.objects.at(-1)?.key ?? known;
    const batch = besidePage(ahead, page);
    if (batch.length > 0) yield batch;
    if (!head || !page.truncated || batch.length >= FEWEST_ROWS_A_PAGE) {
      heads = FEWEST_HEADS;
      continue;
    }
    const sparse = ahead.take(heads);
    heads = Math.min(MOST_HEADS, heads * 2);
    if (sparse.length === 0) return;
    const states = await head(sparse.map(({ key }) => key));
    yield sparse.map(({ row }, index) => ({ row, listed: states[index] }));
  }
}

/** Takes the rows that a page tells of: those up to its last key, or all where nothing follows it. */
function besidePage<R, State extends ObjectState>(
  ahead: Ahead<R>,
  { objects, truncated }: ListPage<State>,
): Beside<R, State>[] {
  const batch: Beside<R, State>[] = [];
  let at = 0;
  for (let next = ahead.next; next; next = ahead.step()) {
    const { row, key } = next;
    // Most are equal, which is told faster than an order is.
    let object = objects[at];
    while (object && object.key !== key && compareKeys(object.key, key) < 0) object = objects[++at];
    if (!object && truncated) break;
    batch.push({ row, listed: object?.key === key ? object : undefined });
  }
  return batch;
}

/** Rows, and the one that comes next. */
class Ahead<R> {
  /** Undefined behind the last one. */
  next: { row: R; key: string } | undefined;
  readonly #rows: Iterator<R>;

  constructor(
    rows: Iterable<R>,
    private readonly keyOf: (row: R) => string,
  ) {
    this.#rows = rows[Symbol.iterator]();
    this.step();
  }

  step(): typeof this.next {
    const { done, value } = this.#rows.next();
    return (this.next = done ? undefined : { row: value, key: this.keyOf(value) });
  }

  take(most: number): { row: R; key: string }[] {
    const taken = [];
    for (let next = this.next; next && taken.length < most; next = this.step()) taken.push(next);
    return taken;
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
