import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import type { Indexed } from '../../../contracts/tally.js';
import { indexFile } from '../../../core/inventory/index-file.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { encodeKey } from '../../../core/keys.js';
import { resolveManifest } from '../../../core/prepare/manifest/resolve-manifest.js';
import { requestOf, runOf, writeRun } from '../support/rows.js';
import { INVENTORY, SOURCE, at, linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();
const KEYS = ['%', '-rf', '//', 'a b', 'a+b', 'a,b"c', 'folder/', 'line\nbreak', 'z', 'é', '\uFFFF', '😀'];
const ETAG = '5d41402abc4b2a76b9719d911017c592';
const TIME = Date.UTC(2026, 0, 31, 1, 2, 3, 4);
const ATHENA = '"bucket","key","size","last_modified_date","e_tag","storage_class"';
const athenaLine = (key: string) =>
  `"${SOURCE}","${encodeKey(key)}","5","2026-01-31 01:02:03.004","${ETAG}","STANDARD"`;

describe('A manifest of S3 Batch Operations is indexed', () => {
  it.each<[string, (key: string) => string]>([
    ['without quotes', (key) => `${SOURCE},${encodeKey(key)}`],
    ['with quotes', (key) => `"${SOURCE}","${encodeKey(key)}"`],
    ['with quotes where they are needed', (key) => `${SOURCE},"${encodeKey(key)}"`],
    ['with a version column that names none', (key) => `${SOURCE},${encodeKey(key)},`],
    ['keys encoded as forms are, where a space is a plus', (key) => `${SOURCE},${formEncoded(key)}`],
  ])('%s', async (name, line) => {
    for (const newline of ['\n', '\r\n'])
      for (const ending of ['', newline]) {
        const { rows } = await index(
          `batch-${name.length}-${newline.length}-${ending.length}`,
          KEYS.map(line).join(newline) + ending,
        );
        expect(rows.map(({ key }) => key)).toEqual(KEYS);
        expect(rows[0]).toEqual(rowOf(KEYS[0] ?? ''));
      }
  });

  it('also where it begins with a byte order mark, has empty lines, and no newline at its end', async () => {
    const { rows, answers } = await index('marked', `\uFEFF${SOURCE},a\n\n${SOURCE},b\r\n\r\n${SOURCE},c`);
    expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(answers).toEqual([expect.objectContaining({ rows: 3, expected: 3, bytes: 0 })]);
  });

  it('to nothing, where it is empty', async () => {
    const { answers, rows } = await index('empty', '');
    expect(answers).toEqual([expect.objectContaining({ kind: 'indexed', rows: 0, expected: 0, chunks: 0 })]);
    expect(rows).toEqual([]);
  });
});

describe('A result of Athena is indexed', () => {
  it('with all that it says of objects', async () => {
    const { rows, answers } = await index('athena', `${[ATHENA, ...KEYS.map(athenaLine)].join('\n')}\n`);
    const about = { size: 5, lastModified: TIME, etag: ETAG, storageClass: 'STANDARD' };
    expect(rows).toEqual(KEYS.map((key) => rowOf(key, about)));
    expect(answers).toEqual([expect.objectContaining({ rows: 12, bytes: 60 })]);
  });

  it.each([
    ['2026-01-31T01:02:03.004Z', TIME],
    ['2026-01-31T03:02:03.004+02:00', TIME],
    ['2026-01-31 01:02:03', TIME - 4],
    ['2026-01-31 01:02:03.004000', TIME],
    ['', undefined],
  ])('with times as they come: %s', async (time, lastModified) => {
    const { rows } = await index(`time-${time.length}`, `bucket,key,last_modified_date,etag\n${SOURCE},a,${time},\n`);
    expect(rows).toEqual([rowOf('a', { lastModified })]);
  });

  it('with what is not known left open, whether it is empty or NULL', async () => {
    const text = `${ATHENA}\n"${SOURCE}","a","","","",""\n"${SOURCE}","b",,,,\n"${SOURCE}","c","5","2026-01-31 01:02:03.004","${ETAG}",\n`;
    const { rows } = await index('unknown', text);
    expect(rows).toEqual([rowOf('a'), rowOf('b'), rowOf('c', { size: 5, lastModified: TIME, etag: ETAG })]);
  });

  it('to nothing, where there is a header and no row', async () => {
    expect((await index('header', `${ATHENA}\n`)).answers).toEqual([expect.objectContaining({ rows: 0 })]);
  });

  it('with old versions and delete markers out of scope, where it says which they are', async () => {
    const text = [
      'bucket,key,version_id,is_latest,is_delete_marker',
      `${SOURCE},a,v2,true,false`,
      `${SOURCE},a,v1,false,false`,
      `${SOURCE},b,v3,true,true`,
    ].join('\n');
    const { rows, answers } = await index('versions', text);
    expect(rows).toEqual([rowOf('a', { versionId: 'v2' })]);
    expect(answers).toEqual([
      expect.objectContaining({
        rows: 3,
        outOfScope: { deleteMarkers: 1, noncurrent: 1, filtered: 0, duplicates: 0 },
        expected: 1,
      }),
    ]);
  });

  it('filtered by what it says', async () => {
    const text = `${ATHENA}\n${athenaLine('a')}\n${athenaLine('b').replace('"5"', '"50"')}\n`;
    const { rows, answers } = await index('filter', text, { request: { minSize: 10 } });
    expect(rows.map(({ key }) => key)).toEqual(['b']);
    expect(answers).toEqual([expect.objectContaining({ outOfScope: expect.objectContaining({ filtered: 1 }) })]);
  });
});

describe('Of rows of one key in a list', () => {
  it.each([
    ['sorted', ['a', 'a', 'a', 'b', 'c', 'c']],
    ['not sorted', ['c', 'a', 'b', 'a', 'c', 'a']],
  ])('one is left and the others are counted, where it is %s', async (name, keys) => {
    const { rows, answers } = await index(`twice-${name.length}`, keys.map((key) => `${SOURCE},${key}\n`).join(''));
    expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(answers).toEqual([
      expect.objectContaining({
        rows: 6,
        outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 3 },
        expected: 3,
      }),
    ]);
  });

  it.each([[[1, 2]], [[2, 1]]])('the newest is left, in whatever order they are: days %j', async (days) => {
    const lines = days.map((day) => athenaLine('a').replace('2026-01-31', `2026-01-0${day}`));
    const { rows } = await index(`newest-${days[0]}`, [ATHENA, ...lines].join('\n'));
    expect(rows.map(({ lastModified }) => lastModified)).toEqual([Date.UTC(2026, 0, 2, 1, 2, 3, 4)]);
  });

  it('an inventory of S3 has each counted for itself', async () => {
    const { s3, ports } = storage();
    s3.createBucket('twice-source');
    for (const key of ['a', 'b']) s3.putObject('twice-source', key, Buffer.from('abc'));
    const { manifestKey } = s3.deliverInventory({
      bucket: 'twice-source',
      destinationBucket: INVENTORY,
      configId: 'all',
    });
    const input = { source: { bucket: 'twice-source' }, manifest: `s3://${INVENTORY}/${manifestKey}` };
    const { manifest, files } = await resolveManifest(ports, requestOf(input), at);
    const run = await writeRun(storage(), runOf('twice-inventory', input, { manifest }));
    expect(await indexFile(ports, { runId: run.id, file: files[0] ?? { file: 0 } }, 5)).toMatchObject({
      rows: 2,
      outOfScope: { duplicates: 0 },
    });
  });
});

describe('A list that is cut into pieces', () => {
  it.each([64, 100, 1_000])('gives each row once, of %d bytes', async (pieceBytes) => {
    const text = `${[ATHENA, ...KEYS.map(athenaLine)].join('\r\n')}\r\n`;
    const { rows, answers } = await index(`pieces-${pieceBytes}`, text, { pieceBytes });
    expect(rows.map(({ key }) => key)).toEqual(KEYS);
    expect(answers.length).toBe(Math.ceil((text.length - ATHENA.length - 2) / pieceBytes));
  });
});

describe('A list is refused by an answer that names the file and the byte', () => {
  it.each<[string, string, string, string]>([
    [
      'another bucket',
      `${SOURCE},a\nother,b\n`,
      'ManifestCorrupt',
      'byte 9: expected bucket photos, found another one',
    ],
    [
      'a key that does not decode',
      `${SOURCE},a\n${SOURCE},%zz\n`,
      'ManifestCorrupt',
      'byte 9: expected a URL-encoded key',
    ],
    ['a key that is no UTF-8', `${SOURCE},a\n${SOURCE},%ff\n`, 'ManifestCorrupt', 'byte 9'],
    ['a key that is empty', `${SOURCE},a\n${SOURCE},\n`, 'ManifestCorrupt', 'byte 9'],
    [
      'a raw control character',
      `${SOURCE},a\tb\n`,
      'ManifestCorrupt',
      'byte 0: expected a URL-encoded key, found a control',
    ],
    ['lines that end with a carriage return', `${SOURCE},a\r${SOURCE},b\r`, 'ManifestCorrupt', 'byte 0'],
    [
      'a column too many',
      `${SOURCE},a\n${SOURCE},b,v,x\n`,
      'ManifestCorrupt',
      'expected 2 columns as in the first record, found 4',
    ],
    [
      'a newline in quotes',
      `${SOURCE},a\n${SOURCE},"b\nc"\n`,
      'ManifestCorrupt',
      'byte 9: expected a record of CSV in one line',
    ],
    ['a line longer than any', `${SOURCE},a\n${SOURCE},${'x'.repeat(300_000)}\n`, 'ManifestCorrupt', 'byte 9'],
    ['a key longer than any', `${SOURCE},${'x'.repeat(1_025)}\n`, 'ManifestCorrupt', 'at most 1,024 bytes'],
    ['a size that is none', `bucket,key,size,etag\n${SOURCE},a,5.0,\n`, 'ManifestCorrupt', 'byte 21: expected a Size'],
    [
      'a time that is none',
      `bucket,key,last_modified_date,etag\n${SOURCE},a,yesterday,\n`,
      'ManifestCorrupt',
      'LastModifiedDate',
    ],
    ['a version', `${SOURCE},a,v1\n`, 'ManifestUnsupported', 'byte 0: it names a version'],
    ['a version in quotes', `"${SOURCE}","a","v1"\n`, 'ManifestUnsupported', 'Leave VersionId out'],
  ])('%s', async (name, text, error, message) => {
    const { answers } = await index(`refused-${name.replaceAll(' ', '-')}`, text);
    expect(answers[0]).toMatchObject({ kind: 'refused', error });
    expect(answers[0]?.kind === 'refused' && answers[0].message).toContain(message);
    expect(answers[0]?.kind === 'refused' && answers[0].message).toContain(`s3://${INVENTORY}/lists/`);
  });

  it('an unknown size, where the request filters by it', async () => {
    const { answers } = await index('unknown-size', `bucket,key,size,etag\n${SOURCE},a,,\n`, {
      request: { maxSize: 5 },
    });
    expect(answers).toEqual([expect.objectContaining({ kind: 'refused', error: 'ManifestCorrupt' })]);
  });

  it.each([5, 10, 11, 20, 30])(
    'a newline in quotes, wherever the pieces are cut: of %d bytes, some piece refuses the file',
    async (pieceBytes) => {
      const text = `${SOURCE},aaa\n${SOURCE},"b\n${SOURCE},c"\n${SOURCE},ddd\n`;
      const { answers } = await index(`newline-${pieceBytes}`, text, { pieceBytes });
      expect(answers.filter(({ kind }) => kind === 'refused')).not.toEqual([]);
    },
  );

  it.each<[string, (key: string) => void]>([
    ['was changed', (key) => void storage().s3.putObject(INVENTORY, key, Buffer.from(`${SOURCE},b\n`))],
    ['is gone', (key) => storage().s3.deleteObject(INVENTORY, key)],
  ])('where it %s since the run began', async (name, change) => {
    const { answers } = await index(`changed-${name.length}`, `${SOURCE},a\n`, { meanwhile: change });
    expect(answers).toEqual([
      expect.objectContaining({
        kind: 'refused',
        error: 'ManifestCorrupt',
        message: expect.stringContaining('changed or removed while the run read it. Start again'),
      }),
    ]);
  });
});

/** Resolves a list and indexes all of its pieces. */
async function index(
  name: string,
  text: string,
  {
    request = {},
    pieceBytes,
    meanwhile,
  }: { request?: Partial<RunRequestInput>; pieceBytes?: number; meanwhile?: (key: string) => void } = {},
): Promise<{ answers: Indexed[]; rows: Row[] }> {
  const { s3, ports } = storage();
  const key = `lists/${name}.csv`;
  s3.putObject(INVENTORY, key, Buffer.from(text));
  const input = { ...request, manifest: { csv: `s3://${INVENTORY}/${key}` } };
  const { manifest, files } = await resolveManifest(ports, requestOf(input), at, pieceBytes);
  const run = await writeRun(storage(), runOf(`csv-${name}`, input, { manifest }));
  meanwhile?.(key);
  const answers: Indexed[] = [];
  const rows: Row[] = [];
  for (const file of files) {
    const answer = await indexFile(ports, { runId: run.id, file }, 5);
    answers.push(answer);
    if (answer.kind === 'refused') continue;
    for (const chunk of await linesOf<Chunk>(storage(), `runs/${run.id}/index/${file.file}.chunks.jsonl`))
      rows.push(...(await readChunkRows(ports.work, chunk)));
  }
  return { answers, rows };
}

function rowOf(key: string, about: Partial<Row> = {}): Row {
  const unknown = {
    versionId: '',
    size: undefined,
    etag: '',
    lastModified: undefined,
    storageClass: '',
    encryption: '',
  };
  return { key, ...unknown, isLatest: true, isDeleteMarker: false, ...about };
}

/** As Java's URLEncoder does, and Athena's url_encode. */
function formEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+');
}
