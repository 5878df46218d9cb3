import { XML_DECLARATION, element } from '../../http/xml.js';
import { DEFAULT_ALGORITHM, type Checksum, checksumElement } from '../checksums.js';
import { chosenAlgorithm } from '../claimed-checksum.js';
import { readCopySource, sourceOf } from '../copy-source.js';
import { encryptionHeaders } from '../encryption/encryption-headers.js';
import { type Encryption, encryptedAs, encryptionOf, etagUnder, hasOpaqueEtag } from '../encryption/encryption.js';
import { requestedEncryption } from '../encryption/requested-encryption.js';
import { readHeld, withHeld } from '../held.js';
import { MAX_SINGLE_SIZE } from '../multipart-upload.js';
import { readHeaders, readTags } from '../object-description.js';
import { type Operation, type S3Call, bucketOf, header, isoTime, modificationTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { type ObjectDescription, type StoredObject, parseStorageClass } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { sourceVersionHeader, versionHeader } from '../version-headers.js';
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
  const encryption = requestedEncryption(call, bucket);
  refuseCopyToItself(call, source, encryption);
  const content = source.content.copied(
    chosenAlgorithm(call) ?? source.content.checksumAlgorithm ?? DEFAULT_ALGORITHM,
    copiedEtag(source, encryption),
  );
  const object: StoredObject = { content, storageClass, lastModified: modificationTime(call), description };
  const held = readHeld(call, bucket);
  const version = writeObject(call, bucket, withHeld(encryptedAs(object, encryption), held), 'CopyObject');
  return {
    status: 200,
    headers: [
      ...encryptionHeaders(encryption, 'writer'),
      ...sourceVersionHeader(source),
      ...versionHeader(bucket, version),
    ],
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

/** A new one where it is opaque; the MD5 where only the source's was; undefined where it follows from the source. */
export function copiedEtag(source: StoredObject, encryption: Encryption): string | undefined {
  const md5 = () => source.content.body.digest('md5').toString('hex');
  return etagUnder(encryption) ?? (hasOpaqueEtag(encryptionOf(source)) ? md5() : undefined);
}

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

function refuseCopyToItself(call: S3Call, source: StoredObject, encryption: Encryption): void {
  const { bucketName, key } = readCopySource(header(call, 'x-amz-copy-source') ?? '');
  if (bucketName !== call.bucketName || key !== call.key) return;
  // An older version is brought back so. That the current one may not be, also by its id, is a guess.
  if (bucketOf(call).objects.get(key) !== source) return;
  const changes =
    directive(call, 'x-amz-metadata-directive') === 'REPLACE' ||
    header(call, 'x-amz-storage-class') !== undefined ||
    header(call, 'x-amz-server-side-encryption') !== undefined ||
    // A bucket whose default was configured encrypts anew, also the same way; seen so on S3.
    call.service.buckets.get(bucketName)?.encryption !== undefined ||
    encryption.kind === 'SSE-C' ||
    encryption.kind !== encryptionOf(source).kind ||
    header(call, REDIRECT) !== undefined;
  if (!changes) {
    throw new S3Error(
      'InvalidRequest',
      {},
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
}
