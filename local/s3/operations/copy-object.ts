import { XML_DECLARATION, element } from '../../http/xml.js';
import { DEFAULT_ALGORITHM, type Checksum, checksumElement } from '../checksums.js';
import { chosenAlgorithm } from '../claimed-checksum.js';
import { readCopySource, sourceOf } from '../copy-source.js';
import { readHeld, withHeld } from '../held.js';
import { MAX_SINGLE_SIZE } from '../multipart-upload.js';
import { readHeaders, readTags } from '../object-description.js';
import { type Operation, type S3Call, bucketOf, header, isoTime, modificationTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { type ObjectDescription, type StoredObject, parseStorageClass } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { checkKey, writeObject } from '../write-object.js';

export const copyObject: Operation = (call) => {
  checkKey(call.key);
  refuseUnsupportedWrite(call);
  const bucket = bucketOf(call);
  const source = sourceOf(call);
  if (source.content.body.size > MAX_SINGLE_SIZE) {
    throw new S3Error(
      'InvalidRequest',
      {},
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_SIZE}`,
    );
  }
  const description = describeCopy(call, source);
  const storageClass = parseStorageClass(header(call, 'x-amz-storage-class'));
  refuseCopyToItself(call, source);
  const content = source.content.copied(chosenAlgorithm(call) ?? source.content.checksumAlgorithm ?? DEFAULT_ALGORITHM);
  const object: StoredObject = { content, storageClass, lastModified: modificationTime(call), description };
  writeObject(call, bucket, withHeld(object, readHeld(call, bucket)));
  return {
    status: 200,
    headers: ENCRYPTED,
    body: copyResult('CopyObjectResult', object.lastModified, content.etag, content.checksum()),
  };
};

/** The answer's document, of a copied object or part. */
export function copyResult(name: string, lastModified: number, etag: string, checksum: Checksum | undefined): string {
  const checksums = checksum
    ? `${element(checksumElement(checksum.algorithm), checksum.value)}${element('ChecksumType', checksum.type)}`
    : '';
  return `${XML_DECLARATION}<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>${isoTime(lastModified)}</LastModified><ETag>&quot;${etag}&quot;</ETag>${checksums}</${name}>`;
}

const ENCRYPTED = [['x-amz-server-side-encryption', 'AES256']] as const;

/** Headers and tags are the source's unless the request replaces them; a website redirect is never copied. */
function describeCopy(call: S3Call, { description: source }: StoredObject): ObjectDescription {
  const replacesHeaders = directive(call, 'x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = directive(call, 'x-amz-tagging-directive') === 'REPLACE';
  const redirect = header(call, REDIRECT);
  if (!replacesHeaders && !replacesTags && redirect === undefined && !source.headers.has(REDIRECT)) return source;
  const headers = replacesHeaders ? readHeaders(call.headers) : new Map(source.headers);
  if (redirect === undefined) headers.delete(REDIRECT);
  else headers.set(REDIRECT, redirect);
  return { headers, tags: replacesTags ? readTags(header(call, 'x-amz-tagging')) : source.tags };
}

const REDIRECT = 'x-amz-website-redirect-location';

function directive(call: S3Call, name: string): 'COPY' | 'REPLACE' {
  const value = header(call, name) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: name, ArgumentValue: value },
    `Unknown ${name === 'x-amz-metadata-directive' ? 'metadata' : 'tagging'} directive.`,
  );
}

function refuseCopyToItself(call: S3Call, source: StoredObject): void {
  const { bucketName, key } = readCopySource(header(call, 'x-amz-copy-source') ?? '');
  if (bucketName !== call.bucketName || key !== call.key) return;
  const changes =
    directive(call, 'x-amz-metadata-directive') === 'REPLACE' ||
    header(call, 'x-amz-storage-class') !== undefined ||
    header(call, 'x-amz-server-side-encryption') !== undefined ||
    header(call, REDIRECT) !== undefined;
  if (!changes && source) {
    throw new S3Error(
      'InvalidRequest',
      {},
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
}
