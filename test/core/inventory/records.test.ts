import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { readRecords } from '../../../core/inventory/records.js';
import { StorageError } from '../../../core/errors.js';
import { recordsOf } from '../support/records.js';

const THREE = '"photos","a","1"\n"photos","b","2"\n"photos","c","3"\n';
/** 100,000 records, which are not all unpacked at once. */
const MANY = Array.from({ length: 100_000 }, (_, index) => `"photos","key-${index}","${index}"\n`).join('');

describe('A data file of an inventory', () => {
  it('is read record by record', async () => {
    expect(await read(gzipSync(THREE))).toEqual([
      ['photos', 'a', '1'],
      ['photos', 'b', '2'],
      ['photos', 'c', '3'],
    ]);
  });

  it('is read whole where it is many gzip members', async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `"photos","key-${index}","${index}"\n`);
    const records = await read(Buffer.concat(lines.map((line) => gzipSync(line))));
    expect(records).toHaveLength(500);
    expect(records.at(-1)).toEqual(['photos', 'key-499', '499']);
  });

  it('is read whole where a member ends within a field, and a character', async () => {
    const text = Buffer.from('"photos","a😀b","1"\n');
    const parts = Array.from(text, (byte) => gzipSync(Buffer.of(byte)));
    expect(await read(Buffer.concat(parts))).toEqual([['photos', 'a😀b', '1']]);
  });

  it('is read whole byte by byte', async () => {
    const body = gzipSync(THREE);
    const records = await read(body, {}, Readable.from(Array.from(body, (byte) => Buffer.of(byte))));
    expect(records).toHaveLength(3);
  });

  it('may hold a newline, a quote and commas inside a quoted field', async () => {
    expect(await read(gzipSync('"photos","a\n""b"",c","1"\n"photos","d","2"\n'))).toEqual([
      ['photos', 'a\n"b",c', '1'],
      ['photos', 'd', '2'],
    ]);
  });

  it('may hold no record at all', async () => {
    expect(await read(gzipSync(''))).toEqual([]);
  });

  it('may lack the newline at its end, and part lines as DOS does', async () => {
    expect(await read(gzipSync('"photos","a","1"\r\n"photos","b","2"'))).toHaveLength(2);
  });

  it('is handed on in batches, so that memory does not grow with it', async () => {
    const body = gzipSync(MANY);
    const sizes: number[] = [];
    for await (const batch of readRecords(Readable.from([body]), expectedOf(body), recordsOf(3)))
      sizes.push(batch.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100_000);
    expect(Math.max(...sizes)).toBeLessThan(20_000);
  });

  it('may be left in the middle: the download is closed', async () => {
    const body = gzipSync(MANY);
    const stream = Readable.from([body]);
    for await (const batch of readRecords(stream, expectedOf(body), recordsOf(3))) {
      expect(batch.length).toBeGreaterThan(1_000);
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});

describe('A data file is ManifestCorrupt, and its name is told, where', () => {
  const body = gzipSync(THREE);
  const bomb = gzipSync(`"photos","${'a'.repeat(60_000)}","1"\n`.repeat(40), { level: 9 });
  const flipped = Buffer.from(body);
  flipped[20] = (flipped[20] ?? 0) ^ 0xff;

  it.each<[string, Buffer, RegExp, Partial<Expected>]>([
    ['it is not gzip', Buffer.from(THREE), /incorrect header check/, {}],
    ['it is empty', Buffer.alloc(0), /unexpected end of file/, {}],
    ['it is cut off', body.subarray(0, -9), /unexpected end of file/, {}],
    ['it is cut off in a later member', Buffer.concat([body, body.subarray(0, -9)]), /unexpected end of file/, {}],
    ['its bytes are damaged', flipped, /incorrect|invalid/, {}],
    [
      'something that is no gzip follows it',
      Buffer.concat([body, Buffer.from('garbage')]),
      /incorrect header check/,
      {},
    ],
    [
      'a lot that is no gzip follows it',
      Buffer.concat([body, Buffer.alloc(1 << 20, 'x')]),
      /incorrect header check/,
      {},
    ],
    ['zeros follow it', Buffer.concat([body, Buffer.alloc(4_096)]), /behind its gzip/, {}],
    ['a lot of zeros follow it', Buffer.concat([body, Buffer.alloc(3 << 20)]), /behind its gzip/, {}],
    ['zeros part its members', Buffer.concat([body, Buffer.alloc(512), body]), /behind its gzip/, {}],
    ['its MD5 is another one', body, /expected MD5 0{32} .* found [0-9a-f]{32}/, { md5: '0'.repeat(32) }],
    ['its size is another one', body, /expected 9 bytes .* found \d+/, { size: 9 }],
    [
      'a record has a column too few',
      gzipSync(`${THREE}"photos","d"\n`),
      /record 4: expected 3 columns .* found 2/,
      {},
    ],
    [
      'a record has a column too many',
      gzipSync('"photos","a","1","x"\n'),
      /record 1: expected 3 columns .* found 4/,
      {},
    ],
    ['a line is empty', gzipSync(`${THREE}\n${THREE}`), /record 4: expected 3 columns .* found 1/, {}],
    [
      'a quote is not closed',
      gzipSync(`${THREE}"photos","d`),
      /after record 3: broken CSV \(CSV_QUOTE_NOT_CLOSED\)/,
      {},
    ],
    ['text follows a quote', gzipSync('"photos"x,"a","1"\n'), /broken CSV \(CSV_INVALID_CLOSING_QUOTE\)/, {}],
    ['a quote is inside a bare field', gzipSync('pho"tos,a,1\n'), /broken CSV \(INVALID_OPENING_QUOTE\)/, {}],
    ['it begins with a byte order mark', gzipSync(`\uFEFF${THREE}`), /broken CSV \(INVALID_OPENING_QUOTE\)/, {}],
    [
      'a record has no end',
      gzipSync(`"photos","${'a'.repeat(300_000)}","1"\n`),
      /broken CSV \(CSV_MAX_RECORD_SIZE\)/,
      {},
    ],
    ['a quote swallows the rest', gzipSync(`"${THREE.repeat(20_000)}`), /broken CSV \(CSV_/, {}],
  ])('%s', async (_, body, message, expected) => {
    const reading = read(body, expected);
    await expect(reading).rejects.toMatchObject({ name: 'ManifestCorrupt' });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow('s3://inventories/data/1.csv.gz');
  });

  it('it is a bomb, whatever the manifest says of its size', async () => {
    await expect(read(bomb, { size: 2 ** 40 })).rejects.toThrow(/it unpacks to more than 200 times its size/);
  });
});

describe('An error of the storage in the middle of a data file', () => {
  it.each([0, 100])('stays what it is after %d bytes, so that it is tried again', async (arrived) => {
    const body = gzipSync(
      Buffer.from(Array.from({ length: 20_000 }, (_, index) => `"photos","${index}","1"\n`).join('')),
    );
    const broken = new StorageError('NoAnswer', 'the connection broke', { kind: 'transient' });
    const stream = Readable.from(
      (async function* () {
        yield body.subarray(0, arrived);
        await Promise.resolve();
        throw broken;
      })(),
    );
    await expect(read(body, {}, stream)).rejects.toBe(broken);
  });
});

type Expected = Parameters<typeof readRecords>[1];

function expectedOf(body: Buffer): Expected {
  const md5 = createHash('md5').update(body).digest('hex');
  return { name: 's3://inventories/data/1.csv.gz', md5, size: body.length, columns: 3 };
}

async function read(
  body: Buffer,
  expected: Partial<Expected> = {},
  stream = Readable.from([body]),
): Promise<string[][]> {
  const records: string[][] = [];
  for await (const batch of readRecords(stream, { ...expectedOf(body), ...expected }, recordsOf(3)))
    records.push(...batch);
  return records;
}
