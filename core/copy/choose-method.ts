import type { RunRequest } from '../../contracts/run-request.js';
import { partsOf } from '../compare/compare.js';
import type { ObjectHead } from '../ports.js';
import { areKeepable, choosePartSizes, LARGEST_COPY } from './part-plan.js';

export type Method =
  /** In one piece: CopyObject, or GET and PutObject. */
  | { kind: 'whole' }
  /** In parts of these sizes: UploadPartCopy, or GET and UploadPart. */
  | { kind: 'parts'; sizes: readonly number[] }
  | { kind: 'restore' }
  | { kind: 'archived' }
  /** What has to be known before. */
  | { kind: 'ask'; what: 'parts' };

/** What of a source object decides how it is copied. */
export interface ToCopy {
  size: number;
  etag: string;
  /** Of its HEAD; `none` where nobody has asked for one: then S3's refusal tells. */
  archive: ObjectHead['archive'];
  /** Bytes of its own parts; undefined where they were not asked for yet. */
  parts: readonly number[] | undefined;
}

/**
 * How an object is copied. The first row that fits; a delete marker is none of them (copy-versions.ts).
 *
 * | object | one principal reaches both sides | else |
 * |---|---|---|
 * | archived, `archived: "restore"` | RestoreObject and wait | the same |
 * | archived, `archived: "skip"` | outcome `archived` | the same |
 * | single-part ETag, ≤ 5 GiB | CopyObject | GET → PutObject |
 * | multipart ETag, ≤ 5 GiB, `multipart: "single"`, or in parts that no upload may have | CopyObject | GET → PutObject |
 * | multipart ETag | UploadPartCopy, in the source's own parts | GET → UploadPart, in the source's own parts |
 * | > 5 GiB, in no parts that can be kept | UploadPartCopy, in equal parts | GET → UploadPart, in equal parts |
 */
export function chooseMethod(object: ToCopy, request: Pick<RunRequest, 'archived' | 'multipart'>): Method {
  const { size, etag, archive, parts } = object;
  if (archive === 'archived' || archive === 'restoring')
    return { kind: request.archived === 'restore' ? 'restore' : 'archived' };
  const isLarge = size > LARGEST_COPY;
  if (partsOf(etag) > 0 && (isLarge || request.multipart === 'keep')) {
    if (!parts) return { kind: 'ask', what: 'parts' };
    if (areKeepable(parts)) return { kind: 'parts', sizes: parts };
  }
  return isLarge ? { kind: 'parts', sizes: choosePartSizes(size) } : { kind: 'whole' };
}
