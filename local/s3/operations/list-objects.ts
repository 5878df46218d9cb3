import { XML_DECLARATION, element, escapeXml } from '../../http/xml.js';
import { restoreStatus } from '../archive-answers.js';
import { encodeKey } from '../key-encoding.js';
import { type PageEntry, type PageRequest, listPage } from '../list-page.js';
import { type Operation, type S3Call, bucketOf, header, isoTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';

export const listObjectsV2: Operation = (call) => {
  const listing = readListing(call);
  const startAfter = call.query.get('start-after') ?? '';
  const token = call.query.get('continuation-token');
  const start: PageRequest['start'] = token === undefined ? { after: 'key', text: startAfter } : readToken(token);
  const { entries, next } = listPage(bucketOf(call).objects, { ...listing, start });
  const owner = call.query.get('fetch-owner') === 'true' ? ownerOf(call) : '';
  return answer(listing, entries, owner, [
    element('StartAfter', startAfter === '' ? undefined : listing.encode(startAfter)),
    element('ContinuationToken', token),
    element('NextContinuationToken', next && writeToken(next)),
    element('KeyCount', entries.length),
    element('IsTruncated', next !== undefined),
  ]);
};

export const listObjects: Operation = (call) => {
  const listing = readListing(call);
  const marker = call.query.get('marker') ?? '';
  const { entries, next } = listPage(bucketOf(call).objects, { ...listing, start: startAtMarker(marker, listing) });
  return answer(listing, entries, ownerOf(call), [
    `<Marker>${escapeXml(listing.encode(marker))}</Marker>`,
    // Without a delimiter the last key is the marker, and S3 does not repeat it.
    element('NextMarker', next && listing.delimiter !== '' ? listing.encode(next.text) : undefined),
    element('IsTruncated', next !== undefined),
  ]);
};

/** What the request says of any listing. */
export interface Listing {
  bucketName: string;
  prefix: string;
  delimiter: string;
  maxKeys: number;
  encodingType: 'url' | undefined;
  encode: (key: string) => string;
  /** What the request asked for beyond the usual, of each object. */
  optional: ((object: StoredObject) => string) | undefined;
}

export function readListing(call: S3Call): Listing {
  const encodingType = call.query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'encoding-type', ArgumentValue: encodingType },
      'Invalid Encoding Method specified in Request',
    );
  }
  return {
    bucketName: call.bucketName,
    prefix: call.query.get('prefix') ?? '',
    delimiter: call.query.get('delimiter') ?? '',
    maxKeys: readMaxKeys(call.query.get('max-keys')),
    encodingType,
    encode: encodingType === 'url' ? encodeKey : (key) => key,
    optional: readOptional(call),
  };
}

/** `x-amz-optional-object-attributes`: S3 has one such attribute. */
function readOptional(call: S3Call): Listing['optional'] {
  const wanted = header(call, 'x-amz-optional-object-attributes');
  if (wanted === undefined) return undefined;
  if (wanted.split(',').some((name) => name.trim() !== 'RestoreStatus'))
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-optional-object-attributes', ArgumentValue: wanted },
      'Invalid attribute name specified',
    );
  const now = call.service.clock.now();
  return (object) => restoreStatus(object, now);
}

/** A page has 1,000 entries at most, whatever is asked for. */
function readMaxKeys(text: string | undefined): number {
  if (text === undefined || text === '') return 1000;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value > 2_147_483_647) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'max-keys', ArgumentValue: text },
      'Provided max-keys not an integer or within integer range',
    );
  }
  if (value < 0)
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'maxKeys', ArgumentValue: text },
      'Argument maxKeys must be an integer between 0 and 2147483647',
    );
  return Math.min(value, 1000);
}

/** A marker that is, or lies inside, a common prefix of this listing stands for all of it. */
export function startAtMarker(marker: string, { prefix, delimiter }: Listing): PageRequest['start'] {
  const cut = delimiter !== '' && marker.startsWith(prefix) ? marker.indexOf(delimiter, prefix.length) : -1;
  return cut < 0 ? { after: 'key', text: marker } : { after: 'prefix', text: marker.slice(0, cut + delimiter.length) };
}

function writeToken(next: PageRequest['start']): string {
  return `${next.after === 'key' ? '1' : '2'}${Buffer.from(next.text).toString('base64url')}`;
}

function readToken(token: string): PageRequest['start'] {
  const text = /^[12][\w-]+$/.test(token) ? Buffer.from(token.slice(1), 'base64url').toString() : '';
  if (text === '')
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'continuation-token' },
      'The continuation token provided is incorrect',
    );
  return { after: token.startsWith('1') ? 'key' : 'prefix', text };
}

export const ownerOf = (call: S3Call) => `<Owner><ID>${call.service.ownerId}</ID></Owner>`;

function answer(listing: Listing, entries: readonly PageEntry<StoredObject>[], owner: string, position: string[]) {
  const { encode, optional } = listing;
  let contents = '';
  const prefixes: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'commonPrefix') prefixes.push(entry.prefix);
    else
      contents += `<Contents><Key>${escapeXml(encode(entry.key))}</Key>${describe(entry.value)}${owner}<StorageClass>${entry.value.storageClass}</StorageClass>${optional?.(entry.value) ?? ''}</Contents>`;
  }
  return listingAnswer('ListBucketResult', listing, position, contents, prefixes);
}

/** @param contents the elements of the objects, in order */
export function listingAnswer(
  root: string,
  { bucketName, prefix, delimiter, maxKeys, encodingType, encode }: Listing,
  position: readonly string[],
  contents: string,
  commonPrefixes: readonly string[],
) {
  const head = `<Name>${bucketName}</Name><Prefix>${escapeXml(encode(prefix))}</Prefix>`;
  const settings = [
    element('MaxKeys', maxKeys),
    element('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
    element('EncodingType', encodingType),
  ];
  const prefixes = commonPrefixes.map(
    (common) => `<CommonPrefixes><Prefix>${escapeXml(encode(common))}</Prefix></CommonPrefixes>`,
  );
  return {
    status: 200,
    body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${head}${settings.join('')}${position.join('')}${contents}${prefixes.join('')}</${root}>`,
  };
}

/** What a listing says of an object beside its key, its owner and its storage class. */
export function describe({ content, lastModified }: StoredObject): string {
  const checksum = content.checksumAlgorithm
    ? `<ChecksumAlgorithm>${content.checksumAlgorithm}</ChecksumAlgorithm><ChecksumType>${content.checksumType}</ChecksumType>`
    : '';
  return `<LastModified>${isoTime(lastModified)}</LastModified><ETag>&quot;${content.etag}&quot;</ETag>${checksum}<Size>${content.body.size}</Size>`;
}
