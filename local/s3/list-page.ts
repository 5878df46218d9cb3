import { type OrderedMap, afterPrefix, compareKeys } from './ordered-map.js';

/** What a page of a listing is about. */
export interface PageRequest {
  prefix: string;
  /** Empty for none. */
  delimiter: string;
  /** Where the page begins: after a key, or after all keys with a prefix. */
  start: { after: 'key' | 'prefix'; text: string };
  maxKeys: number;
}

export type PageEntry<Value> = { kind: 'key'; key: string; value: Value } | { kind: 'commonPrefix'; prefix: string };

export interface Page<Value> {
  entries: PageEntry<Value>[];
  /** Where the next page begins; undefined on the last one. */
  next: PageRequest['start'] | undefined;
}

/** One page of keys and common prefixes, in UTF-8 byte order; what a common prefix rolls up is jumped over, not walked through. */
export function listPage<Value>(
  map: Pick<OrderedMap<Value>, 'entries'>,
  { prefix, delimiter, start, maxKeys }: PageRequest,
): Page<Value> {
  const entries: PageEntry<Value>[] = [];
  if (maxKeys === 0) return { entries, next: undefined };
  let from: string | undefined = start.after === 'prefix' ? afterPrefix(start.text) : start.text;
  let bound: 'from' | 'after' = start.after === 'prefix' ? 'from' : 'after';
  // Everything before the prefix is passed over at once.
  if (from !== undefined && compareKeys(from, prefix) < 0) [from, bound] = [prefix, 'from'];
  while (from !== undefined) {
    const position: string = from;
    from = undefined;
    for (const [key, value] of map.entries(position, bound)) {
      if (!key.startsWith(prefix)) return { entries, next: undefined };
      if (entries.length === maxKeys) return { entries, next: nextStart(entries) };
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (cut < 0) entries.push({ kind: 'key', key, value });
      else {
        const common = key.slice(0, cut + delimiter.length);
        entries.push({ kind: 'commonPrefix', prefix: common });
        from = afterPrefix(common);
        bound = 'from';
        break;
      }
    }
  }
  return { entries, next: undefined };
}

function nextStart(entries: readonly PageEntry<unknown>[]): PageRequest['start'] {
  const last = entries.at(-1) as PageEntry<unknown>;
  return last.kind === 'key' ? { after: 'key', text: last.key } : { after: 'prefix', text: last.prefix };
}
