import { archiveHeaders, archivedError } from '../archive-answers.js';
import { isReadable } from '../archive.js';
import { checksumHeader } from '../checksums.js';
import { judgeRead } from '../conditions.js';
import type { Content, ContentPart } from '../content.js';
import { checkCustomerKey, openObject } from '../encryption/open-object.js';
import { refuseNamedEncryption } from '../encryption/requested-encryption.js';
import { httpTime, objectChecksumHeaders, objectHeaders } from '../object-headers.js';
import { lockHeaders } from '../object-lock-headers.js';
import { readRange } from '../ranges.js';
import { type Operation, type S3Answer, type S3Call, bucketOf, header, objectOf, quoted } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { versionHeader } from '../version-headers.js';

export const getObject: Operation = (call) => {
  const object = readable(call);
  if (!isReadable(object, call.service.clock.now())) throw archivedError(object);
  openObject(call, object, { bucket: call.bucketName, key: call.key });
  return read(call, object);
};

export const headObject: Operation = (call) => {
  const object = readable(call);
  // What HEAD tells needs no key of KMS, but for the checksum, which is encrypted.
  if (wantsChecksum(call)) openObject(call, object, { bucket: call.bucketName, key: call.key });
  else checkCustomerKey(call, object);
  const { body, ...answer } = read(call, object);
  return body === undefined || typeof body === 'string' ? answer : { ...answer, contentLength: body.size };
};

function readable(call: S3Call): StoredObject {
  refuseNamedEncryption(call);
  return objectOf(call, bucketOf(call));
}

const wantsChecksum = (call: S3Call) => header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';

/** Conditions first, then what part of the object is wanted: a part by its number, a range, or all of it. */
function read(call: S3Call, object: StoredObject): S3Answer {
  const { content } = object;
  const verdict = judgeRead(
    call.headers,
    { etag: content.etag, lastModified: object.lastModified },
    call.service.clock.now(),
  );
  if (verdict.kind === 'failed') throw new S3Error('PreconditionFailed', { Condition: verdict.condition });
  if (verdict.kind === 'notModified') {
    return {
      status: 304,
      headers: [
        ['etag', quoted(content.etag)],
        ['last-modified', httpTime(object.lastModified)],
      ],
    };
  }
  const headers = new Map<string, string>([
    ...objectHeaders(object),
    ...versionHeader(bucketOf(call), object),
    ...archiveHeaders(object, call.service.clock.now()),
    ...lockHeaders(call, object),
    ...overrides(call),
  ]);
  const wanted = slice(call, object);
  if (wantsChecksum(call) && wanted.checksum !== 'none') {
    const checksums = wanted.checksum === 'object' ? objectChecksumHeaders(content) : wanted.checksum;
    for (const [name, value] of checksums) headers.set(name, value);
  }
  if (wanted.kind === 'whole') return { status: 200, headers, body: content.body };
  const { start, end } = wanted;
  if (end > start) headers.set('content-range', `bytes ${start}-${end - 1}/${content.body.size}`);
  if (wanted.partsCount !== undefined) headers.set('x-amz-mp-parts-count', String(wanted.partsCount));
  return { status: 206, headers, body: content.body.slice(start, end) };
}

type Slice =
  | { kind: 'whole'; checksum: 'object' }
  | {
      kind: 'slice';
      start: number;
      end: number;
      partsCount?: number;
      checksum: 'object' | 'none' | [string, string][];
    };

function slice(call: S3Call, object: StoredObject): Slice {
  const { body } = object.content;
  const partNumber = call.query.get('partNumber');
  const rangeHeader = header(call, 'range');
  if (partNumber !== undefined) {
    if (rangeHeader !== undefined)
      throw new S3Error('InvalidRequest', {}, 'Cannot specify both Range header and partNumber query parameter');
    return slicePart(partNumber, object);
  }
  const range = readRange(rangeHeader, body.size);
  if (range.kind === 'unsatisfiable')
    throw new S3Error('InvalidRange', { RangeRequested: rangeHeader ?? '', ActualObjectSize: body.size });
  if (range.kind === 'whole') return { kind: 'whole', checksum: 'object' };
  const isWhole = range.start === 0 && range.end === body.size;
  return { ...range, kind: 'slice', checksum: isWhole ? 'object' : 'none' };
}

function slicePart(text: string, { content }: StoredObject): Slice {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 10_000) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'partNumber', ArgumentValue: text },
      'Part number must be an integer between 1 and 10000, inclusive',
    );
  }
  if (content.parts.length === 0) {
    if (number > 1) throw new S3Error('InvalidPartNumber', { PartNumberRequested: number, ActualPartCount: 1 });
    return { kind: 'slice', start: 0, end: content.body.size, checksum: 'object' };
  }
  let start = 0;
  for (const part of content.parts) {
    const end = start + part.size;
    if (part.number === number)
      return { kind: 'slice', start, end, partsCount: content.parts.length, checksum: partChecksum(content, part) };
    start = end;
  }
  throw new S3Error('InvalidPartNumber', { PartNumberRequested: number, ActualPartCount: content.parts.length });
}

/** A part shows its own checksum where the object's is composed of them, and the object's where it is all of it. */
function partChecksum({ checksumAlgorithm, parts }: Content, part: ContentPart): Slice['checksum'] {
  if (part.checksum === undefined || !checksumAlgorithm) return parts.length === 1 ? 'object' : 'none';
  return [
    [checksumHeader(checksumAlgorithm), part.checksum],
    ['x-amz-checksum-type', 'COMPOSITE'],
  ];
}

const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/** `response-content-type` and its kin: headers of the answer that the request chooses. */
function overrides(call: S3Call): [string, string][] {
  return OVERRIDES.flatMap((name) => {
    const value = call.query.get(`response-${name}`);
    if (value === undefined) return [];
    // What HTTP cannot carry in a header would be sent as something else.
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
      throw new S3Error(
        'InvalidArgument',
        { ArgumentName: `response-${name}`, ArgumentValue: value },
        'Header value cannot be represented using ISO-8859-1.',
      );
    return [[name, value] as [string, string]];
  });
}
