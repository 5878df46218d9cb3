/**
 * Decodes a key of a listing that was asked for with `encoding-type=url`, where a space is `+`.
 * @param encoding what the listing says of itself: a server that does not encode says nothing, and writes keys as they are
 */
export function decodeListed(key: string, encoding: string | undefined): string {
  return encoding === 'url' && IS_ENCODED.test(key) ? decodeURIComponent(key.replaceAll('+', '%20')) : key;
}

const IS_ENCODED = /[+%]/;
