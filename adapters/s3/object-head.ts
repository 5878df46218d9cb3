import type { Checksum, ChecksumAlgorithm, ContentHeaders, ObjectHead, ObjectLock } from '../../core/ports.js';
import { unquote } from './etag.js';
import type { HeadAnswer } from './wire/head-object.js';

const ALGORITHMS: readonly ChecksumAlgorithm[] = ['CRC64NVME', 'CRC32', 'CRC32C', 'SHA1', 'SHA256'];

/** What S3's answer to a HEAD says of an object. */
export function objectHead(key: string, answer: HeadAnswer): ObjectHead {
  const { ContentLength = 0, ContentRange, PartsCount, ServerSideEncryption, SSEKMSKeyId, TagCount = 0 } = answer;
  const isOpaque = answer.SSECustomerAlgorithm !== undefined || ServerSideEncryption?.startsWith('aws:kms') === true;
  // Of a part, the length is the part's; the range tells the object's.
  const whole = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
  return {
    key,
    size: whole === undefined ? ContentLength : Number(whole),
    etag: unquote(answer.ETag),
    lastModified: answer.LastModified?.getTime() ?? 0,
    storageClass: answer.StorageClass ?? 'STANDARD',
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
    etagKind: isOpaque ? 'opaque' : 'digest',
    ...(SSEKMSKeyId === undefined ? {} : { kmsKeyArn: SSEKMSKeyId }),
    checksums: checksumsOf(answer),
    archive: archiveOf(answer),
    content: contentOf(answer),
    ...(answer.WebsiteRedirectLocation === undefined ? {} : { websiteRedirect: answer.WebsiteRedirectLocation }),
    tagCount: TagCount,
    lock: lockOf(answer),
    part: { size: ContentLength, count: PartsCount ?? 1 },
  };
}

function checksumsOf(answer: HeadAnswer): Checksum[] {
  return ALGORITHMS.flatMap((algorithm) => {
    const value = answer[`Checksum${algorithm}`];
    if (value === undefined) return [];
    // Servers that are older than the header: only a composite checksum has a dash.
    const type = answer.ChecksumType ?? (value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT');
    return [{ algorithm, type, value }];
  });
}

function archiveOf({ StorageClass, ArchiveStatus, Restore }: HeadAnswer): ObjectHead['archive'] {
  if (Restore?.includes('ongoing-request="true"')) return 'restoring';
  if (Restore?.includes('ongoing-request="false"')) return 'restored';
  const isCold = StorageClass === 'GLACIER' || StorageClass === 'DEEP_ARCHIVE' || ArchiveStatus !== undefined;
  return isCold ? 'archived' : 'none';
}

function contentOf(answer: HeadAnswer): ContentHeaders {
  const { ContentType, ContentEncoding, ContentLanguage, ContentDisposition, CacheControl, ExpiresString } = answer;
  return {
    ...(ContentType === undefined ? {} : { type: ContentType }),
    ...(ContentEncoding === undefined ? {} : { encoding: ContentEncoding }),
    ...(ContentLanguage === undefined ? {} : { language: ContentLanguage }),
    ...(ContentDisposition === undefined ? {} : { disposition: ContentDisposition }),
    ...(CacheControl === undefined ? {} : { cacheControl: CacheControl }),
    ...(ExpiresString === undefined ? {} : { expires: ExpiresString }),
    metadata: answer.Metadata ?? {},
  };
}

function lockOf(answer: HeadAnswer): ObjectLock {
  const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = answer;
  return {
    ...(ObjectLockMode === undefined ? {} : { mode: ObjectLockMode }),
    ...(ObjectLockRetainUntilDate === undefined ? {} : { retainUntil: ObjectLockRetainUntilDate.getTime() }),
    ...(ObjectLockLegalHoldStatus === 'ON' ? { legalHold: true } : {}),
  };
}
