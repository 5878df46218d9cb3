import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { compare, type Known } from '../../core/compare/compare.js';
import { walkBeside } from '../../core/compare/walk.js';
import type { ListPage } from '../../core/ports.js';
import { answerParent } from '../support/answer-parent.js';
import { connectionTo, pairsAt } from '../support/pairs.js';
import { taken } from '../support/taken.js';
import { keyOf, stateOf } from '../server/stock.js';

/** Compares rows with a bucket that holds just these objects. */
export interface PagesTask {
  endpoint: string;
  bucket: string;
  objects: number;
}

const lists = { walkBeside: byPair, SDK: bySdk };
const list = lists[process.argv[2] as keyof typeof lists];
answerParent((task) => comparePages(task as PagesTask));

/** The rows are there beforehand: what a page takes is to be asked for, read, and compared. */
async function comparePages(task: PagesTask) {
  const rows = Array.from({ length: task.objects }, (_, n) => ({ key: keyOf(n), ...stateOf(n) }));
  const listPage = list(task);
  let identical = 0;
  const cost = await taken(async () => {
    for await (const batch of walkBeside(rows, ({ key }) => key, { list: listPage }))
      for (const { row, listed } of batch) {
        const { kind } = compare({
          source: known(row),
          destination: listed && known(listed),
          onFile: 'unread',
          isStrong: false,
        });
        if (kind === 'identical') identical += 1;
      }
  });
  if (identical !== task.objects) throw new Error(`${identical} of ${task.objects} objects are identical.`);
  return cost;
}

function known({ size, etag, lastModified }: Pick<Known, 'size' | 'etag' | 'lastModified'>): Known {
  return { size, etag, lastModified, etagKind: 'digest', checksums: undefined };
}

type List = (after: string) => Promise<ListPage>;

function byPair({ endpoint, bucket }: PagesTask): List {
  const pair = pairsAt(endpoint).pair({ bucket }, { bucket });
  return (after) => pair.listDestination('', after);
}

function bySdk({ endpoint, bucket }: PagesTask): List {
  const client = new S3Client({ ...connectionTo(endpoint), forcePathStyle: true });
  return async (after) => {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, StartAfter: after }));
    const objects = (page.Contents ?? []).map(({ Key = '', Size = 0, ETag = '', LastModified }) => ({
      key: Key,
      size: Size,
      etag: ETag.slice(1, -1),
      lastModified: LastModified?.getTime() ?? 0,
    }));
    return { objects, truncated: page.IsTruncated === true };
  };
}
