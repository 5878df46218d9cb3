import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { SourceState } from '../../../core/ports.js';
import { named, ownerHeader, type BucketSide } from '../bucket-side.js';
import { unquote } from '../etag.js';
import { decodeListed } from '../listed-key.js';
import { restoreOf } from '../restore-status.js';
import { ask } from './ask.js';
import { readListPage, type ListedPage } from './list-page.js';
import { encodeComponent } from './uri.js';

export interface ListRequest {
  prefix: string;
  /** StartAfter, exclusive. */
  after: string;
  limit?: number | undefined;
  /** Of the page before, where that is to be gone on with. */
  token?: string | undefined;
}

/** One page of ListObjectsV2 with RestoreStatus. Throws as the SDK does. */
export function listObjects(side: BucketSide, request: ListRequest): Promise<ListedPage> {
  const { prefix, after, limit, token } = request;
  const input: ListObjectsV2CommandInput = {
    ...named(side),
    EncodingType: 'url',
    OptionalObjectAttributes: ['RestoreStatus'],
    ...(prefix === '' ? {} : { Prefix: prefix }),
    ...(after === '' ? {} : { StartAfter: after }),
    ...(limit === undefined ? {} : { MaxKeys: limit }),
    ...(token === undefined ? {} : { ContinuationToken: token }),
  };
  const parameters: [name: string, value: string | undefined][] = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
    ['prefix', input.Prefix],
    ['start-after', input.StartAfter],
    ['max-keys', input.MaxKeys?.toString()],
    ['continuation-token', input.ContinuationToken],
  ];
  return ask(side, {
    request: {
      method: 'GET',
      query: parameters.flatMap(([name, value]) =>
        value === undefined ? [] : [[name, encodeComponent(value)] as const],
      ),
      headers: {
        'x-amz-optional-object-attributes': 'RestoreStatus',
        ...ownerHeader(side),
      },
    },
    read: ({ status, body }) => (status === 200 ? readListPage(body) : undefined),
    bySdk: async (send) => listedPage(await send(new ListObjectsV2Command(input))),
  });
}

function listedPage({
  Contents = [],
  IsTruncated = false,
  NextContinuationToken,
  EncodingType,
}: ListObjectsV2CommandOutput): ListedPage {
  const objects = Contents.map((each): SourceState => ({
    key: decodeListed(each.Key ?? '', EncodingType),
    size: each.Size ?? 0,
    etag: unquote(each.ETag),
    lastModified: each.LastModified?.getTime() ?? 0,
    storageClass: each.StorageClass ?? 'STANDARD',
    ...restoreOf(each),
  }));
  return { objects, isTruncated: IsTruncated, token: NextContinuationToken };
}
