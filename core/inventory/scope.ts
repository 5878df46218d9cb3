import type { Row } from '../../contracts/row.js';
import type { RunRequest } from '../../contracts/run-request.js';
import type { OutOfScope } from '../../contracts/tally.js';
import { globMatcher } from './glob.js';

/** What scope is decided by. */
export type ScopedRow = Pick<Row, 'key' | 'size' | 'lastModified' | 'storageClass' | 'isLatest' | 'isDeleteMarker'>;

/**
 * Makes the function that says why a record is out of scope, under the first reason that fits, or undefined where it is expected.
 * Order: delete marker, noncurrent version, filtered by the request. With `versions: "all"` only the last.
 */
export function scopeOf(request: RunRequest): (record: ScopedRow) => keyof OutOfScope | undefined {
  const prefix = request.source.prefix ?? '';
  // The key of which nothing would be left at the destination: a PUT without one would create a bucket.
  const homeless = prefix !== '' && request.destination.prefix === '' ? prefix : undefined;
  const include = request.include?.map(globMatcher);
  const exclude = request.exclude?.map(globMatcher);
  const after = request.modifiedAfter === undefined ? -Infinity : Date.parse(request.modifiedAfter);
  const before = request.modifiedBefore === undefined ? Infinity : Date.parse(request.modifiedBefore);
  const { minSize = 0, maxSize = Infinity } = request;
  const classes = request.storageClasses && new Set<string>(request.storageClasses);

  // Size, time and class are known where a filter asks for them: an inventory without these columns is refused.
  const isWanted = ({ key, size = 0, lastModified = 0, storageClass }: ScopedRow) =>
    key.startsWith(prefix) &&
    key !== homeless &&
    size >= minSize &&
    size <= maxSize &&
    lastModified >= after &&
    lastModified < before &&
    (!classes || classes.has(storageClass || 'STANDARD')) &&
    (!include || include.some((matches) => matches(key))) &&
    !exclude?.some((matches) => matches(key));

  if (request.versions === 'all') return (record) => (isWanted(record) ? undefined : 'filtered');
  return (record) => {
    if (record.isDeleteMarker) return 'deleteMarkers';
    if (!record.isLatest) return 'noncurrent';
    return isWanted(record) ? undefined : 'filtered';
  };
}

/** Whether the request asks for more of a row than that it is the latest version, and no delete marker. */
export function isFiltered({ source, ...request }: RunRequest): boolean {
  return Boolean(source.prefix) || FILTERS.some((filter) => request[filter] !== undefined);
}

/** Fields of a request that leave rows out. */
export const FILTERS = [
  'include',
  'exclude',
  'modifiedAfter',
  'modifiedBefore',
  'minSize',
  'maxSize',
  'storageClasses',
] as const satisfies (keyof RunRequest)[];
