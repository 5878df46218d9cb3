import { element } from '../http/xml.js';
import { type ArchiveTier, archiveState } from './archive.js';
import { httpTime } from './object-headers.js';
import { isoTime } from './s3-call.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

/**
 * The headers that tell of an archive and of a restore: `x-amz-restore`, and `x-amz-archive-status` as long as an object
 * of Intelligent-Tiering is in an archive tier. Most objects have none.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function archiveHeaders(object: StoredObject, now: number): readonly (readonly [string, string])[] {
  const state = archiveState(object, now);
  if (state.kind === 'active') return NONE;
  if (state.kind === 'restored')
    return [['x-amz-restore', `ongoing-request="false", expiry-date="${httpTime(state.expiresAt)}"`]];
  const headers: [string, string][] = isTier(state.archive) ? [['x-amz-archive-status', state.archive]] : [];
  if (state.kind === 'restoring') {
    headers.push(['x-amz-restore', 'ongoing-request="true"']);
    // Shown in AWS's example of Intelligent-Tiering only:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-managing.html
    if (isTier(state.archive)) headers.push(['x-amz-restore-request-date', httpTime(state.restore.requestedAt)]);
  }
  return headers;
}

const NONE: readonly (readonly [string, string])[] = [];

/** `<RestoreStatus>` of a listing that was asked for it; nothing for what was not restored. */
export function restoreStatus(object: StoredObject, now: number): string {
  const state = archiveState(object, now);
  if (state.kind === 'restoring')
    return '<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>';
  if (state.kind !== 'restored') return '';
  return `<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>${element('RestoreExpiryDate', isoTime(state.expiresAt))}</RestoreStatus>`;
}

/** What a reader of an archived object is refused with. Only objects of Intelligent-Tiering have an `AccessTier`. */
export function archivedError({ storageClass, archiveTier }: StoredObject, message?: string): S3Error {
  const fields = { StorageClass: storageClass, ...(archiveTier && { AccessTier: archiveTier }) };
  return new S3Error('InvalidObjectState', fields, message);
}

const isTier = (archive: string): archive is ArchiveTier => archive.endsWith('_ACCESS');
