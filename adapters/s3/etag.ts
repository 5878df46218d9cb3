/** ETags travel in quotes; everything but the wire has them without. */
export function unquote(etag = ''): string {
  return etag.replaceAll('"', '');
}

export function quote(etag: string): string {
  return `"${etag}"`;
}
