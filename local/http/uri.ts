/** One name and value of a query string, decoded. A name without `=` has the value `''`. */
export type QueryPair = readonly [name: string, value: string];

/** A request target cut at its first `?`, both halves exactly as they came. */
export interface RawTarget {
  path: string;
  query: string;
}

/**
 * Cuts a request target without touching it. Never through `URL`, which rewrites `a/../b` to `b`: object keys hold such paths.
 * The absolute form (`http://host/path`, as proxies send it) loses its scheme and host.
 */
export function splitTarget(target: string): RawTarget {
  const local = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '') || '/';
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

/**
 * Decodes `%XX` as UTF-8. Bytes that were sent bare (node hands them over as Latin-1) are read as UTF-8 too.
 * @returns undefined where an escape is broken or the bytes are no UTF-8.
 */
export function decodePercent(text: string): string | undefined {
  const bare = BARE_BYTES.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
  if (!bare.includes('%')) return bare.includes('\ufffd') ? undefined : bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return undefined;
  }
}

/** Reads a query string; `+` is a space, as in forms. @returns undefined where an escape is broken. */
export function parseQuery(query: string): QueryPair[] | undefined {
  const pairs: QueryPair[] = [];
  for (const piece of query.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const name = decodePercent((equals < 0 ? piece : piece.slice(0, equals)).replaceAll('+', ' '));
    const value = equals < 0 ? '' : decodePercent(piece.slice(equals + 1).replaceAll('+', ' '));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs;
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
export function encodeComponent(text: string): string {
  return UNRESERVED.test(text) ? text : encodeURIComponent(text).replaceAll(/[!'()*]/g, percent);
}

/** `encodeComponent` that keeps `/`, for paths. */
export function encodePath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : encodeComponent(path).replaceAll('%2F', '/');
}

/** A path as it came, each byte encoded the one way that RFC 3986 and signatures know: `(` and `%28` become `%28`, `%41` becomes `A`. */
export function normalizePath(path: string): string {
  if (UNRESERVED_PATH.test(path)) return path;
  return path.replaceAll(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/g, (piece) => {
    const character = piece.length === 3 ? String.fromCharCode(Number.parseInt(piece.slice(1), 16)) : piece;
    return UNRESERVED_PATH.test(character) ? character : percent(character);
  });
}

// oxlint-disable-next-line no-control-regex -- bytes are what it looks for
const BARE_BYTES = /[\u0080-\u00ff]/;
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
