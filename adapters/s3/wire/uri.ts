/** Percent-encodes all but RFC 3986's unreserved characters, as signatures want it. Throws URIError for half a surrogate pair. */
export function encodeComponent(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, percent);
}

/** The same with `/` left as it is, for the paths of objects. */
export function encodePath(path: string): string {
  return UNRESERVED_PATH.test(path) ? path : encodeComponent(path).replaceAll('%2F', '/');
}

const UNRESERVED = /^[\w\-.~]*$/;
const UNRESERVED_PATH = /^[\w\-.~/]*$/;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
