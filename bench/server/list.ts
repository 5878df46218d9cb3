import { element, escapeXml } from '../../local/http/xml.js';
import { encodeKey } from '../../local/s3/key-encoding.js';
import { listPage, type Page, type PageRequest } from '../../local/s3/list-page.js';
import type { OrderedMap } from '../../local/s3/ordered-map.js';
import type { Stored } from './bare-s3.js';

export type Query = ReadonlyMap<string, string>;

/** Throws URIError where it is not percent-encoded. */
export function readQuery(text: string): Query {
  const query = new Map<string, string>();
  if (text === '') return query;
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    query.set(name, equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1).replaceAll('+', ' ')));
  }
  return query;
}

export function listObjectsV2(query: Query, bucketName: string, bucket: OrderedMap<Stored>): string {
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after') ?? '';
  const page = pageOf(query, bucket, token === undefined ? { after: 'key', text: startAfter } : readToken(token));
  const encode = encoder(query);
  return listing(query, bucketName, page, '', [
    element('StartAfter', startAfter === '' ? undefined : encode(startAfter)),
    element('ContinuationToken', token),
    element('NextContinuationToken', page.next && writeToken(page.next)),
    element('KeyCount', page.entries.length),
  ]);
}

/** The older form, in which a marker goes on. */
export function listObjects(query: Query, bucketName: string, bucket: OrderedMap<Stored>): string {
  const marker = query.get('marker') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const isRolledUp = delimiter !== '' && marker.endsWith(delimiter);
  const page = pageOf(query, bucket, { after: isRolledUp ? 'prefix' : 'key', text: marker });
  const encode = encoder(query);
  return listing(query, bucketName, page, OWNER, [
    `<Marker>${escapeXml(encode(marker))}</Marker>`,
    element('NextMarker', page.next && delimiter !== '' ? encode(page.next.text) : undefined),
  ]);
}

const OWNER = '<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>';

function pageOf(query: Query, bucket: OrderedMap<Stored>, start: PageRequest['start']): Page<Stored> {
  return listPage(bucket, {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    start,
    maxKeys: maxKeysOf(query),
  });
}

const maxKeysOf = (query: Query) => Math.min(1000, Number(query.get('max-keys') || 1000));

const encoder = (query: Query) => (query.get('encoding-type') === 'url' ? encodeKey : (key: string) => key);

function listing(
  query: Query,
  bucketName: string,
  { entries, next }: Page<Stored>,
  owner: string,
  position: readonly string[],
): string {
  const encode = encoder(query);
  const delimiter = query.get('delimiter') ?? '';
  let contents = '';
  let prefixes = '';
  for (const entry of entries)
    if (entry.kind === 'key')
      contents += `<Contents><Key>${escapeXml(encode(entry.key))}</Key>${describe(entry.value)}${owner}<StorageClass>STANDARD</StorageClass></Contents>`;
    else prefixes += `<CommonPrefixes><Prefix>${escapeXml(encode(entry.prefix))}</Prefix></CommonPrefixes>`;
  const settings = [
    element('Name', bucketName),
    `<Prefix>${escapeXml(encode(query.get('prefix') ?? ''))}</Prefix>`,
    ...position,
    element('MaxKeys', maxKeysOf(query)),
    element('Delimiter', delimiter === '' ? undefined : encode(delimiter)),
    element('EncodingType', query.get('encoding-type')),
    element('IsTruncated', next !== undefined),
  ];
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${settings.join('')}${contents}${prefixes}</ListBucketResult>`;
}

function describe({ lastModified, etag, size }: Stored): string {
  return `<LastModified>${new Date(lastModified).toISOString()}</LastModified><ETag>&quot;${etag}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>${size}</Size>`;
}

function writeToken({ after, text }: PageRequest['start']): string {
  return `${after === 'key' ? '1' : '2'}${Buffer.from(text).toString('base64url')}`;
}

function readToken(token: string): PageRequest['start'] {
  return { after: token.startsWith('1') ? 'key' : 'prefix', text: Buffer.from(token.slice(1), 'base64url').toString() };
}
