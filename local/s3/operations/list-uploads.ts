import { XML_DECLARATION, element, escapeXml } from '../../http/xml.js';
import { checksumElement } from '../checksums.js';
import { encodeKey } from '../key-encoding.js';
import type { MultipartUpload } from '../multipart-upload.js';
import { compareKeys } from '../ordered-map.js';
import { type Operation, type S3Call, bucketOf, isoTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { uploadOf } from './create-multipart-upload.js';

export const listParts: Operation = (call) => {
  const upload = uploadOf(call);
  const marker = count(call, 'part-number-marker', 0);
  const maxParts = Math.min(count(call, 'max-parts', 1000), 1000);
  const rest = [...upload.parts.values()].filter((part) => part.number > marker).sort((a, b) => a.number - b.number);
  const parts = rest.slice(0, maxParts);
  const { algorithm, type, listed } = upload.checksum;
  const rows = parts.map((part) => {
    const checksum = listed ? element(checksumElement(algorithm), part.checksum()) : '';
    return `<Part><PartNumber>${part.number}</PartNumber><LastModified>${isoTime(part.lastModified)}</LastModified><ETag>&quot;${part.etag}&quot;</ETag><Size>${part.body.size}</Size>${checksum}</Part>`;
  });
  return xml('ListPartsResult', [
    element('Bucket', call.bucketName),
    element('Key', upload.key),
    element('UploadId', upload.id),
    people(call),
    element('StorageClass', upload.storageClass),
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', parts.at(-1)?.number ?? 0),
    element('MaxParts', maxParts),
    element('IsTruncated', rest.length > parts.length),
    listed ? `${element('ChecksumAlgorithm', algorithm)}${element('ChecksumType', type)}` : '',
    ...rows,
  ]);
};

export const listMultipartUploads: Operation = (call) => {
  const { query } = call;
  if (query.get('encoding-type') !== undefined && query.get('encoding-type') !== 'url') {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'encoding-type', ArgumentValue: query.get('encoding-type') ?? '' },
      'Invalid Encoding Method specified in Request',
    );
  }
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string) => key;
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const maxUploads = Math.min(count(call, 'max-uploads', 1000), 1000);
  const bucket = bucketOf(call);
  if (idMarker !== '' && keyMarker !== '' && bucket.uploads.get(idMarker)?.key !== keyMarker) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'upload-id-marker', ArgumentValue: idMarker },
      'Invalid uploadId marker',
    );
  }
  // The sort is stable and the map in order of initiation, so uploads of one key stay in that order.
  const sorted = [...bucket.uploads.values()]
    .sort((a, b) => compareKeys(a.key, b.key))
    .filter((upload) => upload.key.startsWith(prefix));
  const rows = new Map<string, { kind: 'upload'; upload: MultipartUpload } | { kind: 'prefix'; prefix: string }>();
  for (const upload of sorted.slice(startOf(sorted, keyMarker, idMarker))) {
    const cut = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const common = upload.key.slice(0, cut + delimiter.length);
    if (cut < 0) rows.set(`upload ${upload.id}`, { kind: 'upload', upload });
    else if (!keyMarker.startsWith(common)) rows.set(`prefix ${common}`, { kind: 'prefix', prefix: common });
  }
  const page = [...rows.values()].slice(0, maxUploads);
  // S3 names the last upload of a page, also of the last page; a common prefix at its end is not named.
  const last = page.at(-1);
  const next = last?.kind === 'upload' ? last.upload : undefined;
  return xml('ListMultipartUploadsResult', [
    element('Bucket', bucket.name),
    `<KeyMarker>${escapeXml(encode(keyMarker))}</KeyMarker><UploadIdMarker>${escapeXml(idMarker)}</UploadIdMarker>`,
    element('NextKeyMarker', next ? encode(next.key) : ''),
    element('NextUploadIdMarker', next?.id ?? ''),
    element('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
    element('Prefix', prefix === '' ? undefined : encode(prefix)),
    element('EncodingType', query.get('encoding-type')),
    element('MaxUploads', maxUploads),
    element('IsTruncated', rows.size > page.length),
    ...page.map((row) =>
      row.kind === 'upload'
        ? describe(call, row.upload, encode)
        : `<CommonPrefixes><Prefix>${escapeXml(encode(row.prefix))}</Prefix></CommonPrefixes>`,
    ),
  ]);
};

function startOf(sorted: readonly MultipartUpload[], keyMarker: string, idMarker: string): number {
  if (keyMarker === '') return 0;
  const marked = idMarker === '' ? -1 : sorted.findIndex((upload) => upload.id === idMarker);
  if (marked >= 0) return marked + 1;
  const next = sorted.findIndex((upload) => compareKeys(upload.key, keyMarker) > 0);
  return next < 0 ? sorted.length : next;
}

function describe(call: S3Call, upload: MultipartUpload, encode: (key: string) => string): string {
  const { algorithm, type, listed } = upload.checksum;
  const checksum = listed ? `${element('ChecksumAlgorithm', algorithm)}${element('ChecksumType', type)}` : '';
  return `<Upload><Key>${escapeXml(encode(upload.key))}</Key><UploadId>${upload.id}</UploadId>${people(call)}<StorageClass>${upload.storageClass}</StorageClass><Initiated>${isoTime(upload.initiatedAt)}</Initiated>${checksum}</Upload>`;
}

const people = (call: S3Call) =>
  `<Initiator><ID>${call.service.ownerId}</ID></Initiator><Owner><ID>${call.service.ownerId}</ID></Owner>`;

function xml(root: string, elements: readonly string[]) {
  return {
    status: 200,
    body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements.join('')}</${root}>`,
  };
}

function count(call: S3Call, name: string, fallback: number): number {
  const text = call.query.get(name);
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value > 2_147_483_647) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: name, ArgumentValue: text },
      `Provided ${name} not an integer or within integer range`,
    );
  }
  if (value < 0)
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: name, ArgumentValue: text },
      `Argument ${name} must be an integer between 0 and 2147483647`,
    );
  return value;
}
