import type { CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import type { ContentHeaders, Grants, NewObject } from '../../core/ports.js';

/** Settings that CopyObject, CreateMultipartUpload and PutObject have in common. */
type WriteSettings = Pick<
  CreateMultipartUploadCommandInput,
  | 'ACL'
  | 'BucketKeyEnabled'
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'Expires'
  | 'GrantFullControl'
  | 'GrantRead'
  | 'GrantReadACP'
  | 'GrantWriteACP'
  | 'Metadata'
  | 'ObjectLockLegalHoldStatus'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'SSEKMSKeyId'
  | 'ServerSideEncryption'
  | 'StorageClass'
  | 'Tagging'
  | 'WebsiteRedirectLocation'
>;

/** What a new object is given, in the words of the SDK. `expires` is not among them: the SDK takes only a date for it. */
export function writeSettings(object: NewObject): WriteSettings {
  const { storageClass, kmsKeyArn, bucketKeyEnabled, acl, lock = {}, websiteRedirect, content, tags } = object;
  return {
    ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
    ...(kmsKeyArn === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyArn }),
    ...(bucketKeyEnabled === undefined ? {} : { BucketKeyEnabled: bucketKeyEnabled }),
    ...(acl === undefined ? {} : aclSettings(acl)),
    ...(lock.mode === undefined || lock.retainUntil === undefined
      ? {}
      : { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(lock.retainUntil) }),
    ...(lock.legalHold ? { ObjectLockLegalHoldStatus: 'ON' } : {}),
    ...(websiteRedirect === undefined ? {} : { WebsiteRedirectLocation: websiteRedirect }),
    ...(content === undefined ? {} : contentSettings(content)),
    ...(tags === undefined || Object.keys(tags).length === 0 ? {} : { Tagging: new URLSearchParams(tags).toString() }),
  };
}

function aclSettings(acl: 'bucket-owner-full-control' | Grants): WriteSettings {
  if (typeof acl === 'string') return { ACL: acl };
  const { fullControl, read, readAcp, writeAcp } = acl;
  return {
    ...(fullControl === undefined ? {} : { GrantFullControl: fullControl.join(', ') }),
    ...(read === undefined ? {} : { GrantRead: read.join(', ') }),
    ...(readAcp === undefined ? {} : { GrantReadACP: readAcp.join(', ') }),
    ...(writeAcp === undefined ? {} : { GrantWriteACP: writeAcp.join(', ') }),
  };
}

function contentSettings(content: ContentHeaders): WriteSettings {
  const { type, encoding, language, disposition, cacheControl, metadata } = content;
  return {
    ...(type === undefined ? {} : { ContentType: type }),
    ...(encoding === undefined ? {} : { ContentEncoding: encoding }),
    ...(language === undefined ? {} : { ContentLanguage: language }),
    ...(disposition === undefined ? {} : { ContentDisposition: disposition }),
    ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
    Metadata: { ...metadata },
  };
}
