import type { IncomingHttpHeaders } from 'node:http';
import { decodePercent, parseQuery } from '../http/uri.js';
import { S3Error } from './s3-error.js';
import { DEFAULT_CONTENT_TYPE, type ObjectDescription } from './stored-object.js';

/** Content headers, metadata and tags of a request that makes an object. */
export function describeObject(headers: IncomingHttpHeaders): ObjectDescription {
  return description(readHeaders(headers), readTags(headers['x-amz-tagging'] as string | undefined));
}

/** Most objects have a content type and nothing else: those of one type share their description, which keeps a million of them small. */
export function description(
  headers: ReadonlyMap<string, string>,
  tags: ReadonlyMap<string, string>,
): ObjectDescription {
  if (headers.size > 1 || tags.size > 0) return { headers, tags };
  const contentType = headers.get('content-type') ?? DEFAULT_CONTENT_TYPE;
  const known = plainDescriptions.get(contentType) ?? { headers, tags };
  if (plainDescriptions.size < 1000) plainDescriptions.set(contentType, known);
  return known;
}

const plainDescriptions = new Map<string, ObjectDescription>();

/** @throws S3Error `MetadataTooLarge`, `InvalidRequest` */
export function readHeaders(headers: IncomingHttpHeaders): Map<string, string> {
  const described = new Map([['content-type', headers['content-type'] || DEFAULT_CONTENT_TYPE]]);
  for (const name of CONTENT_HEADERS) {
    const value = name === 'content-encoding' ? withoutChunked(headers[name]) : (headers[name] as string | undefined);
    if (value) described.set(name, value);
  }
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-') || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : value;
    size += name.length - 'x-amz-meta-'.length + text.length;
    described.set(name, text);
  }
  if (size > MAX_METADATA) throw new S3Error('MetadataTooLarge', { Size: size, MaxSizeAllowed: MAX_METADATA });
  return described;
}

/** Tags as the `x-amz-tagging` header carries them: a query string. @throws S3Error `InvalidArgument`, `InvalidTag` */
export function readTags(text: string | undefined): Map<string, string> {
  if (!text) return new Map();
  const pairs = parseQuery(text);
  if (!pairs || decodePercent(text) === undefined) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-tagging', ArgumentValue: text },
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    );
  }
  const tags = new Map(pairs);
  if (tags.size < pairs.length) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-tagging', ArgumentValue: text },
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    );
  }
  checkTags(tags);
  return tags;
}

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html @throws S3Error `BadRequest`, `InvalidTag` */
export function checkTags(tags: ReadonlyMap<string, string>): void {
  if (tags.size > 10) throw new S3Error('BadRequest', {}, 'Object tags cannot be greater than 10');
  for (const [name, value] of tags) {
    if (name.length === 0 || name.length > 128 || !TAG_TEXT.test(name))
      throw new S3Error('InvalidTag', { TagKey: name }, 'The TagKey you have provided is invalid');
    if (value.length > 256 || !TAG_TEXT.test(value))
      throw new S3Error('InvalidTag', { TagKey: name, TagValue: value }, 'The TagValue you have provided is invalid');
    if (name.startsWith('aws:'))
      throw new S3Error('InvalidTag', { TagKey: name }, 'Your TagKey cannot be prefixed with aws:');
  }
}

const CONTENT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
] as const;
/** Bytes of names and values of user metadata together. */
const MAX_METADATA = 2048;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** `aws-chunked` is how a body travelled, not what the object is; the rest stays as it was written. */
function withoutChunked(encoding: string | undefined): string | undefined {
  return encoding?.replace(/(?:^|,)\s*aws-chunked\s*(?=,|$)/g, '').replace(/^,\s*/, '');
}
