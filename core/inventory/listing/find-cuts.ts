import type { KeySpan } from '../../../contracts/listing.js';
import { compareKeys, justBehind } from '../../keys.js';

/** Answers the first key behind a place, exclusive; undefined where there is none, or no time to ask. */
export type NextKey = (after: string) => Promise<string | undefined>;

/** Keys of a span that begin with `stem`, of which `first` is the first. */
interface Branch {
  stem: string;
  first: string;
}

/** A probe is a LIST of one key, and costs what one of a page does: a few for each piece, and the way to where keys part. */
const PROBES_PER_PIECE = 4;
const PROBES_TO_BEGIN = 32;

/**
 * Where to split a span, in order: finds out by probes which characters come next, so that no delimiter is needed and a flat
 * prefix is split as a deep tree is. What keys there are decides how even the pieces are, and nothing else: any cuts at all
 * make pieces that hold each key once.
 */
export async function findCuts(nextKey: NextKey, span: KeySpan, pieces: number): Promise<string[]> {
  const probes = new Probes(nextKey, span, pieces * PROBES_PER_PIECE + PROBES_TO_BEGIN);
  const first = pieces > 1 ? await probes.next(span.after) : undefined;
  if (first === undefined) return [];
  let branches: Branch[] = [{ stem: '', first }];
  // With half of them it is good enough: one level more may be a hundred probes.
  while (branches.length < pieces / 2 && !probes.areSpent) {
    const grown = await Promise.all(branches.map((branch) => grow(probes, branch, pieces)));
    const next = grown.flat();
    if (next.every(({ stem }, index) => stem === branches[index]?.stem)) break;
    branches = next;
  }
  return evenly(
    branches.slice(1).map(({ stem }) => stem),
    pieces - 1,
  );
}

/** The pieces of a span between such cuts: they have no key in common, and together are the span. */
export function splitSpan({ after, version, until }: KeySpan, cuts: readonly string[]): KeySpan[] {
  const spans: KeySpan[] = [];
  let from: KeySpan = { after, ...(version === undefined ? {} : { version }) };
  for (const cut of cuts) {
    if (compareKeys(cut, from.after) <= 0 || (until !== undefined && compareKeys(cut, until) >= 0)) continue;
    spans.push({ ...from, until: cut });
    from = { after: cut };
  }
  return [...spans, { ...from, ...(until === undefined ? {} : { until }) }];
}

/** Branches by the next character; a branch of which all keys go on alike grows by all that they share. */
async function grow(probes: Probes, branch: Branch, most: number): Promise<Branch[]> {
  const children = await childrenOf(probes, branch, most);
  const [only, another] = children;
  if (!only) return [branch];
  return another ? children : [{ stem: await sharedStem(probes, branch, only), first: only.first }];
}

/** The last of them stands for all that follow, where there are more than are wanted. */
async function childrenOf(probes: Probes, { stem, first }: Branch, most: number): Promise<Branch[]> {
  const children: Branch[] = [];
  let key: string | undefined = first;
  while (key?.startsWith(stem) === true && children.length < most) {
    const character = key.codePointAt(stem.length);
    if (character === undefined) {
      key = await probes.next(stem);
      continue;
    }
    const child = stem + String.fromCodePoint(character);
    children.push({ stem: child, first: key });
    key = await probes.next(justBehind(child));
  }
  return children;
}

/** How far all keys of a branch go along with the first one: doubling steps, then halves. */
async function sharedStem(probes: Probes, { stem }: Branch, { first }: Branch): Promise<string> {
  const characters = Array.from(first.slice(stem.length));
  const upTo = (count: number) => stem + characters.slice(0, count).join('');
  const isShared = async (count: number) => {
    const behind = await probes.next(justBehind(upTo(count)));
    return behind === undefined || !behind.startsWith(stem);
  };
  let shared = 1;
  let apart = characters.length + 1;
  for (let step = 1; apart - shared > 1; step *= 2) {
    const count = Math.min(shared + step, apart - 1);
    if (await isShared(count)) shared = count;
    else {
      apart = count;
      break;
    }
  }
  while (apart - shared > 1) {
    const middle = Math.floor((shared + apart) / 2);
    if (await isShared(middle)) shared = middle;
    else apart = middle;
  }
  return upTo(shared);
}

/** So many questions about a span; after the last one nothing more is known. */
class Probes {
  constructor(
    private readonly nextKey: NextKey,
    private readonly span: KeySpan,
    private left: number,
  ) {}

  get areSpent(): boolean {
    return this.left === 0;
  }

  async next(after: string | undefined): Promise<string | undefined> {
    if (after === undefined || this.left === 0) return undefined;
    this.left -= 1;
    const key = await this.nextKey(after);
    const { until } = this.span;
    return key === undefined || (until !== undefined && compareKeys(key, until) > 0) ? undefined : key;
  }
}

function evenly<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, index) => all[Math.floor(((index + 1) * all.length) / (most + 1))] as T);
}
