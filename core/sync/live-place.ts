import { createHash } from 'node:crypto';
import type { Row } from '../../contracts/row.js';
import type { FailurePlace } from '../copy/record-failures.js';

/** Of a day with many failures one part: looking for one of them reads few others. */
const DIGITS = 3;

/** Where a key of a live copy stands in the failure table, under the run id of its day. */
export function livePlace(
  runId: string,
  key: string,
  { size, isDeletion = false }: { size?: number | undefined; isDeletion?: boolean } = {},
): { place: FailurePlace; row: Row } {
  const id = `live-${createHash('sha256').update(key).digest('hex').slice(0, DIGITS)}`;
  return {
    place: { runId, pass: 1, chunk: { id, rows: 1, bytes: 0, after: '', first: key, last: key, segments: [] } },
    row: bareRow({ key, size, isDeleteMarker: isDeletion }),
  };
}

/** A row as a manifest would have it, with what is known of the object. */
export function bareRow(known: Pick<Row, 'key' | 'size'> & Partial<Row>): Row {
  return {
    versionId: '',
    etag: '',
    lastModified: undefined,
    storageClass: '',
    encryption: '',
    isLatest: true,
    isDeleteMarker: false,
    ...known,
  };
}
