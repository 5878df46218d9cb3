import { describe, expect, it } from '@jest/globals';
import { runRequest } from '../../../contracts/run-request.js';
import { ownManifest } from '../../../core/operate/own-manifest.js';
import { readRecords } from '../../../core/inventory/records.js';
import { recordDecoder } from '../../../core/inventory/schema.js';
import { resolveManifest } from '../../../core/prepare/manifest/resolve-manifest.js';
import type { ObjectState } from '../../../core/ports.js';
import { recordsOf } from '../support/records.js';
import { useEngine } from '../../support/engine.js';
import { DynamoFailureTable } from '../../../adapters/dynamodb/failure-table.js';
import { createS3Client } from '../../../adapters/s3/client.js';
import { S3FileStore } from '../../../adapters/s3/file-store.js';

const test = useEngine();
const NOW = Date.parse('2026-02-01T06:07:08Z');
const KEYS = ['=1+1.csv', 'a b/c+d.txt', 'ä🪣', 'percent%2F100%', 'quote"and,comma', '-dash', 'line\nbreak'];

async function written(objects: readonly ObjectState[]) {
  const { engine, pipeline } = test();
  const lyingIn = { bucket: pipeline.workBucket, folder: `manifests/${objects.length}/` };
  const { name, files } = ownManifest(objects, { sourceBucket: 'photos', lyingIn, now: NOW });
  for (const file of files) engine.s3.putObject(lyingIn.bucket, lyingIn.folder + file.name, file.body);
  const store = new S3FileStore(createS3Client(engine, 1), lyingIn.bucket);
  const failures = new DynamoFailureTable(pipeline.failureTable, engine.clock, engine);
  const request = runRequest.parse({
    source: { bucket: 'photos' },
    destination: { bucket: 'copies' },
    manifest: `s3://${lyingIn.bucket}/${lyingIn.folder}${name}`,
  });
  return {
    store,
    ...(await resolveManifest({ inventory: () => store, work: store, failures }, request, (bucket) => ({ bucket }), {
      id: 'run',
      pair: 'demo',
      startedAt: NOW,
    })),
  };
}

describe('A manifest of our own', () => {
  it('is read by the pipeline as S3’s are, with every key as it was', async () => {
    const objects = KEYS.map((key, size) => ({ key, size, etag: `${size}`.repeat(32), lastModified: NOW - size }));
    const { store, manifest, files } = await written(objects);
    expect(manifest).toMatchObject({ kind: 'inventory', createdAt: NOW });
    const [file] = files;
    const stored = await store.stream(file?.key ?? '');
    if (!stored) throw new Error('the data file is not there');
    const decode = recordDecoder(manifest.columns, 'photos');
    const rows: ObjectState[] = [];
    const expected = { name: 'it', md5: file?.md5 ?? '', size: file?.size ?? 0, columns: manifest.columns.length };
    for await (const batch of readRecords(stored.body, expected, recordsOf(expected.columns)))
      for (const record of batch) {
        const { key, size = -1, etag, lastModified = -1 } = decode(record, () => 'it');
        rows.push({ key, size, etag, lastModified });
      }
    expect(rows).toEqual(objects);
  });

  it('may name nothing at all', async () => {
    expect((await written([])).files).toEqual([{ file: 0 }]);
  });

  it('has its checksum written last, as a delivery that is whole', () => {
    const { files } = ownManifest([{ key: 'a', size: 1, etag: 'e', lastModified: NOW }], {
      sourceBucket: 'photos',
      lyingIn: { bucket: 'work', folder: 'manifests/x/' },
      now: NOW,
    });
    expect(files.map(({ name }) => name)).toEqual([
      'photos/own/data/0.csv.gz',
      'photos/own/2026-02-01T06-07Z/manifest.json',
      'photos/own/2026-02-01T06-07Z/manifest.checksum',
    ]);
  });
});
