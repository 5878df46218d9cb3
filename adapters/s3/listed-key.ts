/** Decodes a key of a listing that was asked for with `encoding-type=url`, where a space is `+`. */
export function decodeListed(key: string): string {
  return IS_ENCODED.test(key) ? decodeURIComponent(key.replaceAll('+', '%20')) : key;
}

const IS_ENCODED = /[+%]/;
