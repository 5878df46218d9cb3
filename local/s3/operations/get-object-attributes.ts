import { XML_DECLARATION, element } from '../../http/xml.js';
import { checksumElement } from '../checksums.js';
import { checkCustomerKey, openObject } from '../encryption/open-object.js';
import { httpTime } from '../object-headers.js';
import { type Operation, type S3Call, bucketOf, header, objectOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { versionHeader } from '../version-headers.js';

export const getObjectAttributes: Operation = (call) => {
  const wanted = readWanted(call);
  const bucket = bucketOf(call);
  const object = objectOf(call, bucket);
  if (wanted.has('Checksum')) openObject(call, object, { bucket: call.bucketName, key: call.key });
  else checkCustomerKey(call, object);
  const { content, storageClass, lastModified } = object;
  const elements = [
    wanted.has('ETag') ? element('ETag', content.etag) : '',
    wanted.has('Checksum') ? checksumOf(object) : '',
    wanted.has('ObjectParts') ? partsOf(call, object) : '',
    wanted.has('StorageClass') ? element('StorageClass', storageClass) : '',
    wanted.has('ObjectSize') ? element('ObjectSize', content.body.size) : '',
  ];
  return {
    status: 200,
    headers: [['last-modified', httpTime(lastModified)], ...versionHeader(bucket, object)],
    body: `${XML_DECLARATION}<GetObjectAttributesResponse xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements.join('')}</GetObjectAttributesResponse>`,
  };
};

const ATTRIBUTES = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);

function readWanted(call: S3Call): Set<string> {
  const names = (header(call, 'x-amz-object-attributes') ?? '').split(',').map((name) => name.trim());
  if (names.join('') === '') {
    throw new S3Error(
      'InvalidRequest',
      {},
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    );
  }
  if (names.some((name) => !ATTRIBUTES.has(name))) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-object-attributes' },
      'Invalid attribute name specified.',
    );
  }
  return new Set(names);
}

/** A composite checksum comes without its number of parts here. */
function checksumOf({ content }: StoredObject): string {
  const checksum = content.checksum();
  if (!checksum) return '';
  return `<Checksum>${element(checksumElement(checksum.algorithm), checksum.value.replace(/-\d+$/, ''))}${element('ChecksumType', checksum.type)}</Checksum>`;
}

/** Parts are listed where their checksums make the object's; else S3 tells only how many there are. */
function partsOf(call: S3Call, { content: { parts, checksumType, checksumAlgorithm } }: StoredObject): string {
  if (parts.length === 0) return '';
  const total = element('PartsCount', parts.length);
  if (checksumType === 'FULL_OBJECT' || !checksumAlgorithm) return `<ObjectParts>${total}</ObjectParts>`;
  const marker = Number(header(call, 'x-amz-part-number-marker') ?? 0);
  const maxParts = Math.min(Number(header(call, 'x-amz-max-parts') ?? 1000), 1000);
  if (!Number.isInteger(marker) || !Number.isInteger(maxParts) || marker < 0 || maxParts < 0) {
    throw new S3Error('InvalidArgument', {}, 'Expected whole numbers in x-amz-max-parts and x-amz-part-number-marker');
  }
  const rest = parts.filter((part) => part.number > marker);
  const page = rest.slice(0, maxParts);
  const rows = page.map(
    (part) =>
      `<Part>${element('PartNumber', part.number)}${element('Size', part.size)}${element(checksumElement(checksumAlgorithm), part.checksum)}</Part>`,
  );
  const paging = [
    total,
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    element('MaxParts', maxParts),
    element('IsTruncated', rest.length > page.length),
  ];
  return `<ObjectParts>${paging.join('')}${rows.join('')}</ObjectParts>`;
}
