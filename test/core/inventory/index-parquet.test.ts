import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Indexed } from '../../../contracts/tally.js';
import { indexFile } from '../../../core/inventory/index-file.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { compareKeys } from '../../../core/keys.js';
import { resolveManifest } from '../../../core/prepare/manifest/resolve-manifest.js';
import { ALL_COLUMNS, fileSchemaOf, parquetOf, type ParquetColumn, type ParquetRow } from '../../support/parquet.js';
import { requestOf, rowOf, runOf, writeRun } from '../support/rows.js';
import { INVENTORY, SOURCE, at, linesOf, useStorage } from '../support/storage.js';

const RUN = { id: 'run', pair: 'demo', startedAt: 0 };

const storage = useStorage();
const KEYS = [
  '%',
  '%41',
  '-rf',
  '//',
  'a b',
  'a+b',
  'a,"b',
  'folder/',
  'line\nbreak',
  'z',
  'é',
  '\uFFFD',
  '\uFFFF',
  '😀',
];

describe('A data file in Parquet is indexed', () => {
  it('with keys as they are, which are not URL-encoded, and all that it says of objects', async () => {
    const { answer, rows } = await index(
      'keys',
      KEYS.map((key) => inventoryRow(key)),
    );
    expect(answer).toEqual({
      kind: 'indexed',
      file: 0,
      rows: KEYS.length,
      outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
      expected: KEYS.length,
      bytes: 5 * KEYS.length,
      chunks: 3,
    });
    expect(rows).toEqual(KEYS.map((key) => rowOf(key)));
  });

  it('sorted, also where it is not, and filtered', async () => {
    const keys = KEYS.toReversed();
    const { rows, answer } = await index(
      'unsorted',
      keys.map((key) => inventoryRow(key)),
      { request: { exclude: ['a*'] } },
    );
    expect(rows.map(({ key }) => key)).toEqual(KEYS.filter((key) => !key.startsWith('a')).toSorted(compareKeys));
    expect(answer).toMatchObject({ rows: KEYS.length, outOfScope: { filtered: 3 } });
  });

  it('with its versions and delete markers, whose size and ETag are NULL', async () => {
    const { answer } = await index('versions', [
      inventoryRow('a', { version_id: 'v3', is_delete_marker: true, size: null, e_tag: null, storage_class: null }),
      inventoryRow('a', { version_id: 'v2', is_latest: false }),
      inventoryRow('b', { version_id: null }),
    ]);
    expect(answer).toMatchObject({ rows: 3, expected: 1, outOfScope: { deleteMarkers: 1, noncurrent: 1 } });
  });

  it('with as few columns as it may have', async () => {
    const { rows } = await index('few', [{ bucket: SOURCE, key: 'a' }], { columns: ['bucket', 'key'] });
    expect(rows).toEqual([
      {
        key: 'a',
        versionId: '',
        size: undefined,
        etag: '',
        lastModified: undefined,
        storageClass: '',
        encryption: '',
        isLatest: true,
        isDeleteMarker: false,
      },
    ]);
  });

  it('to nothing, where it has no rows', async () => {
    expect((await index('none', [])).answer).toMatchObject({ kind: 'indexed', rows: 0, chunks: 0 });
  });
});

describe('A data file in Parquet is refused by an answer, and nothing of it is published', () => {
  it.each<[string, Partial<ParquetRow>, RegExp]>([
    ['a row of another bucket', { bucket: 'other' }, /row 1: expected bucket photos, found another one/],
    ['an object without a size', { size: null }, /row 1: expected a Size/],
    ['an object without a time', { last_modified_date: null }, /row 1: expected a LastModifiedDate/],
    ['an object without an ETag', { e_tag: null }, /row 1: expected an ETag/],
    ['a size below nothing', { size: -1 }, /expected a Size from 0/],
    ['a row that may be the latest or not', { is_latest: null }, /expected IsLatest to be true or false/],
    ['an empty key', { key: '' }, /expected a key/],
    ['a key longer than any', { key: 'é'.repeat(513) }, /at most 1,024 bytes/],
    ['a storage class that is none', { storage_class: 'a b' }, /printable/],
  ])('%s', async (name, row, message) => {
    const { answer, id } = await index(`refused-${name.replaceAll(' ', '-')}`, [inventoryRow('a', row)]);
    expect(answer).toMatchObject({
      kind: 'refused',
      error: 'ManifestCorrupt',
      message: expect.stringMatching(message),
    });
    expect(storage().s3.getObject('work-bucket', `runs/${id}/index/0.csv.gz`)).toBeUndefined();
  });

  it.each<[string, Parameters<typeof index>[2], string, RegExp]>([
    [
      'other bytes than the manifest says',
      { damage: flipped },
      'ManifestCorrupt',
      /expected MD5 \w+ as the manifest says/,
    ],
    ['more bytes', { damage: (bytes) => Buffer.concat([bytes, bytes]) }, 'ManifestCorrupt', /expected \d+ bytes/],
    [
      'a column less than the manifest says',
      { schema: ALL_COLUMNS, columns: ['bucket', 'key'] },
      'ManifestCorrupt',
      /expected a column VersionId/,
    ],
    [
      'no Parquet, though its MD5 is right',
      { body: Buffer.from('hello, this is no Parquet') },
      'ManifestCorrupt',
      /broken Parquet/,
    ],
    [
      'another codec',
      { options: 'COMPRESSION zstd' },
      'ManifestUnsupported',
      /packed with ZSTD.*Set the inventory configuration to CSV/,
    ],
  ])('%s', async (name, circumstances, error, message) => {
    const { answer } = await index(`file-${name.replaceAll(' ', '-')}`, [inventoryRow('a')], circumstances);
    expect(answer).toMatchObject({ kind: 'refused', error, message: expect.stringMatching(message) });
  });
});

interface Circumstances {
  request?: Partial<RunRequestInput>;
  columns?: readonly ParquetColumn[];
  /** Of the manifest, where not as the file. */
  schema?: readonly ParquetColumn[];
  options?: string;
  /** The file, where not of the rows. */
  body?: Buffer;
  /** What becomes of the file when the manifest is written. */
  damage?: (bytes: Buffer) => Buffer;
}

async function index(
  name: string,
  rows: readonly ParquetRow[],
  { request = {}, columns = ALL_COLUMNS, schema = columns, options, body, damage }: Circumstances = {},
): Promise<{ answer: Indexed; rows: Row[]; id: string }> {
  const { s3, ports } = storage();
  const folder = `${SOURCE}/${name}/`;
  const file = body ?? (await parquetOf(rows, columns, options));
  const dataKey = `${folder}data/1.parquet`;
  const manifest = Buffer.from(
    JSON.stringify({
      sourceBucket: SOURCE,
      destinationBucket: `arn:aws:s3:::${INVENTORY}`,
      version: '2016-11-30',
      creationTimestamp: '1769817600000',
      fileFormat: 'Parquet',
      fileSchema: fileSchemaOf(schema),
      files: [{ key: dataKey, size: file.length, MD5checksum: md5(file) }],
    }),
  );
  s3.putObject(INVENTORY, dataKey, damage ? damage(file) : file);
  s3.putObject(INVENTORY, `${folder}2026-01-31T00-00Z/manifest.json`, manifest);
  s3.putObject(INVENTORY, `${folder}2026-01-31T00-00Z/manifest.checksum`, Buffer.from(md5(manifest)));
  const input = { ...request, manifest: `s3://${INVENTORY}/${folder}2026-01-31T00-00Z/manifest.json` };
  const resolved = await resolveManifest(ports, requestOf(input), at, RUN);
  const run = await writeRun(storage(), runOf(`parquet-${name}`, input, { manifest: resolved.manifest }));
  const answer = await indexFile(ports, { runId: run.id, file: resolved.files[0] ?? { file: 0 } }, 5);
  const found: Row[] = [];
  if (answer.kind === 'indexed')
    for (const chunk of await linesOf<Chunk>(storage(), `runs/${run.id}/index/0.chunks.jsonl`))
      found.push(...(await readChunkRows(ports.work, chunk)));
  return { answer, rows: found, id: run.id };
}

function inventoryRow(key: string, more: Partial<ParquetRow> = {}): ParquetRow {
  const { size, etag, lastModified, storageClass, encryption } = rowOf(key);
  return {
    bucket: SOURCE,
    key,
    is_latest: true,
    is_delete_marker: false,
    size,
    last_modified_date: lastModified,
    e_tag: etag,
    storage_class: storageClass,
    encryption_status: encryption,
    ...more,
  };
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[20] = (changed[20] ?? 0) ^ 1;
  return changed;
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
