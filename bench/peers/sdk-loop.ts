import { CopyObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { inParallel } from '../../core/parallel.js';

/**
 * What one would write in an afternoon: list both buckets, copy what the destination lacks or has otherwise, 64 at a time.
 * Run: npx tsx bench/peers/sdk-loop.ts <endpoint> <source> <destination>
 */
const [endpoint = '', source = '', destination = ''] = process.argv.slice(2);
const client = new S3Client({ endpoint, forcePathStyle: true });
const there = await list(destination);
const missing = [...(await list(source))].filter(([key, state]) => there.get(key) !== state);
await inParallel(missing, 64, ([Key]) =>
  client
    .send(
      new CopyObjectCommand({
        Bucket: destination,
        Key,
        CopySource: `${source}/${encodeURIComponent(Key).replaceAll('%2F', '/')}`,
      }),
    )
    .then(() => undefined),
);
client.destroy();

/** Size and ETag by key. */
async function list(bucket: string): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    for (const { Key = '', Size, ETag } of page.Contents ?? []) objects.set(Key, `${Size} ${ETag}`);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return objects;
}
