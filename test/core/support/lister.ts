import type { ListPage, ObjectState } from '../../../core/ports.js';

/** A bucket's listing of sorted keys as S3 pages it: what was asked for, and what it showed. */
export function lister(keys: readonly string[], pageSize = 1_000) {
  const objects = keys
    .map((key): ObjectState & { bytes: Buffer } => ({
      key,
      size: key.length,
      etag: `etag of ${key}`,
      lastModified: 0,
      bytes: Buffer.from(key),
    }))
    .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
  /** StartAfter of each page. */
  const pages: string[] = [];
  const listed: string[] = [];
  const list = (after: string): Promise<ListPage> => {
    pages.push(after);
    const start = Buffer.from(after);
    const found = objects.findIndex(({ bytes }) => Buffer.compare(bytes, start) > 0);
    const from = found < 0 ? objects.length : found;
    const page = objects.slice(from, from + pageSize);
    listed.push(...page.map(({ key }) => key));
    return Promise.resolve({ objects: page, truncated: from + pageSize < objects.length });
  };
  /** Keys that were asked for one by one. */
  const heads: string[] = [];
  const byKey = new Map(objects.map((object) => [object.key, object]));
  const head = (asked: readonly string[]): Promise<(ObjectState | undefined)[]> => {
    heads.push(...asked);
    return Promise.resolve(asked.map((key) => byKey.get(key)));
  };
  return { list, pages, listed, head, heads };
}
