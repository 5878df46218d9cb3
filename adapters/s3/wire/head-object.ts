import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { named, ownerHeader, type BucketSide } from '../bucket-side.js';
import { ask } from './ask.js';
import type { WireAnswer } from './connections.js';
import { HTTP_TIME, ISO_TIME } from './times.js';
import { encodeComponent } from './uri.js';

export interface HeadRequest {
  key: string;
  versionId?: string | undefined;
  /** Asks for a part, from 1. */
  part?: number | undefined;
}

/** What of the SDK's answer we look at. */
export type HeadAnswer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** Fields that are what their header says. */
const TEXTS = {
  ArchiveStatus: 'x-amz-archive-status',
  CacheControl: 'cache-control',
  ChecksumCRC32: 'x-amz-checksum-crc32',
  ChecksumCRC32C: 'x-amz-checksum-crc32c',
  ChecksumCRC64NVME: 'x-amz-checksum-crc64nvme',
  ChecksumSHA1: 'x-amz-checksum-sha1',
  ChecksumSHA256: 'x-amz-checksum-sha256',
  ChecksumType: 'x-amz-checksum-type',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentRange: 'content-range',
  ContentType: 'content-type',
  ETag: 'etag',
  ExpiresString: 'expires',
  ObjectLockLegalHoldStatus: 'x-amz-object-lock-legal-hold',
  ObjectLockMode: 'x-amz-object-lock-mode',
  Restore: 'x-amz-restore',
  SSECustomerAlgorithm: 'x-amz-server-side-encryption-customer-algorithm',
  SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  ServerSideEncryption: 'x-amz-server-side-encryption',
  StorageClass: 'x-amz-storage-class',
  VersionId: 'x-amz-version-id',
  WebsiteRedirectLocation: 'x-amz-website-redirect-location',
} as const satisfies Partial<Record<keyof HeadAnswer, string>>;
const COUNTS = {
  ContentLength: 'content-length',
  PartsCount: 'x-amz-mp-parts-count',
  TagCount: 'x-amz-tagging-count',
} as const satisfies Partial<Record<keyof HeadAnswer, string>>;
const TIMES = {
  LastModified: 'last-modified',
  ObjectLockRetainUntilDate: 'x-amz-object-lock-retain-until-date',
} as const satisfies Partial<Record<keyof HeadAnswer, string>>;
const METADATA = 'x-amz-meta-';

/** HeadObject with checksums. Throws as the SDK does, which knows of a HEAD no more than its status. */
export function headObject(side: BucketSide, { key, versionId, part }: HeadRequest): Promise<HeadAnswer> {
  const input = {
    ...named(side),
    Key: key,
    ChecksumMode: 'ENABLED',
    ...(versionId === undefined ? {} : { VersionId: versionId }),
    ...(part === undefined ? {} : { PartNumber: part }),
  } as const;
  return ask<HeadAnswer>(side, {
    request: {
      method: 'HEAD',
      key,
      query: [
        ...(part === undefined ? [] : [['partNumber', String(part)] as const]),
        ...(versionId === undefined ? [] : [['versionId', encodeComponent(versionId)] as const]),
      ],
      headers: {
        'x-amz-checksum-mode': 'ENABLED',
        ...ownerHeader(side),
      },
    },
    read: readHeadAnswer,
    bySdk: (send) => send(new HeadObjectCommand(input)),
  });
}

const COUNT = /^\d{1,15}$/;
const READ_HEADERS = new Set<string>([TEXTS, COUNTS, TIMES].flatMap((fields) => Object.values(fields)));

/** Undefined where one of the headers that count is there twice, or a number or a time is in another form. */
function readHeadAnswer({ status, headers }: WireAnswer): HeadAnswer | undefined {
  if (status !== 200 && status !== 206) return undefined;
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isMetadata = name.startsWith(METADATA);
    if (typeof value === 'string') {
      if (isMetadata) metadata[name.slice(METADATA.length)] = value;
    } else if (isMetadata || READ_HEADERS.has(name)) return undefined;
  }
  const counts = valuesOf(COUNTS, headers);
  const { LastModified, ObjectLockRetainUntilDate } = valuesOf(TIMES, headers);
  if (!Object.values(counts).every((value) => COUNT.test(value))) return undefined;
  if (LastModified !== undefined && !HTTP_TIME.test(LastModified)) return undefined;
  if (ObjectLockRetainUntilDate !== undefined && !ISO_TIME.test(ObjectLockRetainUntilDate)) return undefined;
  return {
    ...valuesOf(TEXTS, headers),
    ...Object.fromEntries(Object.entries(counts).map(([field, value]) => [field, Number(value)])),
    ...(LastModified === undefined ? {} : { LastModified: new Date(LastModified) }),
    ...(ObjectLockRetainUntilDate === undefined
      ? {}
      : { ObjectLockRetainUntilDate: new Date(ObjectLockRetainUntilDate) }),
    Metadata: metadata,
  } as HeadAnswer;
}

function valuesOf<Field extends string>(
  fields: Readonly<Record<Field, string>>,
  headers: WireAnswer['headers'],
): Partial<Record<Field, string>> {
  const values: Partial<Record<Field, string>> = {};
  for (const field in fields) {
    const value = headers[fields[field]];
    if (typeof value === 'string') values[field] = value;
  }
  return values;
}
