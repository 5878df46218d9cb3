/**
 * A key as S3 encodes it in lists with `encoding-type=url` and in CSV inventories: as HTML forms do (a space is `+`), but `/` stays.
 * `*`, `-`, `.`, `_`, letters and digits stay too; all else is the `%XX` of its UTF-8 bytes, `~` as well.
 */
export function encodeKey(key: string): string {
  if (PLAIN.test(key)) return key;
  return encodeURIComponent(key).replaceAll(/%20|%2F|[!'()~]/g, (piece) => {
    if (piece === '%20') return '+';
    return piece === '%2F' ? '/' : `%${piece.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

const PLAIN = /^[A-Za-z0-9\-._*/]*$/;
