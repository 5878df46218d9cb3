import type { Evidence } from '../../contracts/outcome.js';
import type { Row } from '../../contracts/row.js';
import type { ObjectState } from '../ports.js';

export type Comparison =
  | { kind: 'missing' }
  | { kind: 'identical'; evidence: Extract<Evidence, 'etag' | 'sizeAndTime'> }
  /** `etag` is the destination's, so that it can be replaced only as it was seen. */
  | { kind: 'differs'; etag: string };

/** What is compared of a source object. */
export type Compared = Pick<Row, 'size' | 'etag' | 'lastModified' | 'encryption'>;

/**
 * Compares a source object with what the destination's listing shows.
 *
 * | destination | sizes | ETags | then |
 * |---|---|---|---|
 * | nothing | | | missing |
 * | there | differ | | differs |
 * | there | equal | equal | identical, `etag` |
 * | there | equal | differ, both comparable | differs |
 * | there | equal | differ, not comparable | not older than the source → identical, `sizeAndTime`; older → differs |
 *
 * ETags are comparable where neither side encrypts with KMS or a customer's key and both were sent in the same number of parts.
 */
export function compare(source: Compared, listed: ObjectState | undefined, etagsComparable: boolean): Comparison {
  if (!listed) return { kind: 'missing' };
  if (listed.size !== source.size) return { kind: 'differs', etag: listed.etag };
  if (listed.etag === source.etag) return { kind: 'identical', evidence: 'etag' };
  const comparable =
    etagsComparable && !hasOpaqueEtag(source.encryption) && partsOf(listed.etag) === partsOf(source.etag);
  if (comparable || listed.lastModified < source.lastModified) return { kind: 'differs', etag: listed.etag };
  return { kind: 'identical', evidence: 'sizeAndTime' };
}

/** Under SSE-KMS and SSE-C an ETag is no MD5, though it may look like one. */
function hasOpaqueEtag(encryption: string): boolean {
  return encryption === 'SSE-KMS' || encryption === 'DSSE-KMS' || encryption === 'SSE-C';
}

/** `…-N` marks an upload in N parts; 0 for a single one. */
function partsOf(etag: string): number {
  const dash = etag.lastIndexOf('-');
  return dash < 0 ? 0 : Number(etag.slice(dash + 1));
}
