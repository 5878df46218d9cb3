import type { Content } from './content.js';
import { encryptionHeaders } from './encryption/encryption-headers.js';
import { encryptionOf } from './encryption/encryption.js';
import { checksumHeader } from './checksums.js';
import { quoted } from './s3-call.js';
import type { StoredObject } from './stored-object.js';

type Header = readonly [name: string, value: string];

/** The headers of GET and HEAD that tell of the whole object, whatever part of it is asked for. */
export function objectHeaders(object: StoredObject): Header[] {
  const headers: Header[] = [
    ['last-modified', httpTime(object.lastModified)],
    ['etag', quoted(object.content.etag)],
    ...encryptionHeaders(encryptionOf(object)),
    ['accept-ranges', 'bytes'],
    ...Array.from(object.description.headers, encodeMetadata),
  ];
  if (object.storageClass !== 'STANDARD') headers.push(['x-amz-storage-class', object.storageClass]);
  const { tags } = object.description;
  if (tags.size > 0) headers.push(['x-amz-tagging-count', String(tags.size)]);
  if (object.replication) headers.push(['x-amz-replication-status', object.replication.status]);
  return headers;
}

/** `x-amz-checksum-…` and its type, where the content has one. */
export function objectChecksumHeaders(content: Content): Header[] {
  const checksum = content.checksum();
  if (!checksum) return [];
  return [
    [checksumHeader(checksum.algorithm), checksum.value],
    ['x-amz-checksum-type', checksum.type],
  ];
}

/** `Wed, 21 Oct 2015 07:28:00 GMT` */
export const httpTime = (milliseconds: number) => new Date(milliseconds).toUTCString();

/**
 * Metadata beyond ASCII comes back as RFC 2047 has it: its bytes read as Latin-1, written as UTF-8, in base64.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
function encodeMetadata([name, value]: Header): Header {
  if (!name.startsWith('x-amz-meta-') || PRINTABLE.test(value)) return [name, value];
  return [name, `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`];
}

const PRINTABLE = /^[\t\u0020-\u007e]*$/;
