/** `end` is exclusive. */
export type RangeVerdict =
  | { kind: 'whole' }
  | { kind: 'range'; start: number; end: number }
  | { kind: 'unsatisfiable' };

/** The `Range` header of a GET or HEAD. One range; a header that cannot be read, or names several, is as good as none. */
export function readRange(header: string | undefined, size: number): RangeVerdict {
  const range = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '');
  const [from, to] = [range?.[1] ?? '', range?.[2] ?? ''];
  if (from === '' && to === '') return { kind: 'whole' };
  if (from === '') {
    if (Number(to) === 0) return { kind: 'unsatisfiable' };
    return size === 0 ? { kind: 'whole' } : { kind: 'range', start: Math.max(0, size - Number(to)), end: size };
  }
  if (to !== '' && Number(to) < Number(from)) return { kind: 'whole' };
  if (Number(from) >= size) return { kind: 'unsatisfiable' };
  return { kind: 'range', start: Number(from), end: to === '' ? size : Math.min(Number(to) + 1, size) };
}

export type CopyRangeVerdict =
  | { kind: 'range'; start: number; end: number }
  | { kind: 'malformed' }
  | { kind: 'outside'; startsOutside: boolean };

/** `x-amz-copy-source-range`, which S3 reads strictly: both ends named, both inside the source. */
export function readCopyRange(header: string, size: number): CopyRangeVerdict {
  const range = /^bytes=(\d+)-(\d+)$/.exec(header);
  if (!range) return { kind: 'malformed' };
  const [start, last] = [Number(range[1]), Number(range[2])];
  if (start > last) return { kind: 'malformed' };
  if (last >= size) return { kind: 'outside', startsOutside: start >= size };
  return { kind: 'range', start, end: last + 1 };
}
