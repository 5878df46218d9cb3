import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { fileSchemaOf, parquetOf, type ParquetColumn } from '../support/parquet.js';
import { expectBooks, newWorld, readReport } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 10, retryDelayMs: 1 } });
const KEYS = [
  '%',
  '%41',
  '-rf',
  '//',
  'a b',
  'a+b',
  'a,b"c',
  '=1+1',
  'folder/',
  'line\nbreak',
  'é',
  '\uFFFD',
  '\uFFFF',
  '😀',
];
const COLUMNS: ParquetColumn[] = ['bucket', 'key', 'size', 'last_modified_date', 'e_tag', 'storage_class'];

describe('A run from an inventory in Parquet', () => {
  it('brings over every object, whatever its key is, and knows what is there already', async () => {
    const world = newWorld(test());
    const { s3 } = test().engine;
    for (const key of KEYS) world.put(key);
    for (const key of KEYS.slice(0, 5)) s3.putObject(world.destination, key, Buffer.from(`body of ${key}`));
    const rows = KEYS.map((key) => {
      const { size = 0, etag = '', lastModified = 0 } = s3.getObject(world.source, key) ?? {};
      return {
        bucket: world.source,
        key,
        size,
        e_tag: etag,
        last_modified_date: lastModified,
        storage_class: 'STANDARD',
      };
    });
    const files = await Promise.all([rows.slice(0, 7), rows.slice(7)].map((some) => parquetOf(some, COLUMNS)));
    const folder = `inventory/${world.source}/all/`;
    const named = files.map((body, index) => {
      const key = `${folder}data/${index}.parquet`;
      s3.putObject(world.inventory, key, body);
      return { key, size: body.length, MD5checksum: md5(body) };
    });
    const manifest = Buffer.from(
      JSON.stringify({
        sourceBucket: world.source,
        destinationBucket: `arn:aws:s3:::${world.inventory}`,
        version: '2016-11-30',
        creationTimestamp: String(test().engine.clock.now()),
        fileFormat: 'Parquet',
        fileSchema: fileSchemaOf(COLUMNS),
        files: named,
      }),
    );
    s3.putObject(world.inventory, `${folder}2026-01-31T00-00Z/manifest.json`, manifest);
    s3.putObject(world.inventory, `${folder}2026-01-31T00-00Z/manifest.checksum`, Buffer.from(md5(manifest)));

    const { runId } = await test().startAndWait({
      ...world.request,
      manifest: { latest: `s3://${world.inventory}/${folder}` },
    });
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      manifestRows: KEYS.length,
      verified: { identical: 5, copied: KEYS.length - 5 },
    });
    expect(
      readReport(test(), runId)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(KEYS.toSorted());
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });
});

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
