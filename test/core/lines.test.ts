import { Readable } from 'node:stream';
import * as z from 'zod';
import { describe, expect, it } from '@jest/globals';
import { LineWriter, readLines, textLines, writeLines } from '../../core/lines.js';
import { WORK, useStorage, watchWriters } from './support/storage.js';

const storage = useStorage();

describe('Lines', () => {
  it.each<[string, string, string[]]>([
    ['are parted by newlines', 'a\nb\n', ['a', 'b']],
    ['may lack the last newline', 'a\nb', ['a', 'b']],
    ['are left out where they are empty', '\n\na\n\nb\n\n', ['a', 'b']],
    ['are none in an empty file', '', []],
    // JSON leaves these as they are, and a key may hold them.
    [
      'are not parted by what other readers take for a newline',
      'a\u2028b\u2029c\u0085d\re\n',
      ['a\u2028b\u2029c\u0085d\re'],
    ],
  ])('%s', async (_, text, lines) => {
    expect(await collect(textLines(Readable.from([Buffer.from(text)])))).toEqual(lines);
  });

  it('are whole wherever what arrives is cut, also within a character', async () => {
    const bytes = Array.from(Buffer.from('é😀\n\u2028ü\n'), (byte) => Buffer.of(byte));
    expect(await collect(textLines(Readable.from(bytes)))).toEqual(['é😀', '\u2028ü']);
  });
});

describe('A JSON Lines file', () => {
  const schema = z.object({ key: z.string() });

  it('comes back as it was written, whatever the keys', async () => {
    const values = ['line\nbreak', '\u2028', '😀', '"', '\u0000', ''].map((key) => ({ key }));
    const writer = new LineWriter(storage().ports.work.writer('lines'));
    for (const value of values) await writer.write(value);
    await writer.close();
    expect(await collect(readLines(storage().ports.work, 'lines', schema))).toEqual(values);
  });

  it('may have more lines than fit in memory at once', async () => {
    const writer = new LineWriter(storage().ports.work.writer('many'));
    for (let index = 0; index < 5_000; index++) await writer.write({ key: String(index).padEnd(500) });
    await writer.close();
    let lines = 0;
    for await (const { key } of readLines(storage().ports.work, 'many', schema)) if (Number(key) === lines) lines += 1;
    expect(lines).toBe(5_000);
  });

  it('may have none', async () => {
    await new LineWriter(storage().ports.work.writer('none')).close();
    expect(await collect(readLines(storage().ports.work, 'none', schema))).toEqual([]);
  });

  it('is written whole, or given up where what it is made of fails', async () => {
    const { ports, open } = watchWriters(storage().ports);
    await writeLines(ports.work, 'whole', [{ key: 'a' }, { key: 'b' }]);
    expect(await collect(readLines(ports.work, 'whole', schema))).toEqual([{ key: 'a' }, { key: 'b' }]);
    async function* failing() {
      yield { key: 'a' };
      throw new Error('no more');
    }
    await expect(writeLines(ports.work, 'part', failing())).rejects.toThrow('no more');
    expect(storage().s3.getObject(WORK, 'part')).toBeUndefined();
    expect(open).toEqual(new Set());
  });

  it('is not there where it was given up', async () => {
    const writer = new LineWriter(storage().ports.work.writer('given-up'));
    await writer.write({ key: 'a' });
    await writer.abort();
    expect(storage().s3.getObject(WORK, 'given-up')).toBeUndefined();
  });

  it('that an earlier state should have written and did not is RunFileMissing', async () => {
    const reading = collect(readLines(storage().ports.work, 'runs/r/nowhere.jsonl', schema));
    await expect(reading).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(reading).rejects.toThrow(`s3://${WORK}/runs/r/nowhere.jsonl`);
  });

  it('is not believed where a line is not what it should be', async () => {
    await storage().ports.work.write('wrong', '{"key":"a"}\n{"key":7}\n');
    await expect(collect(readLines(storage().ports.work, 'wrong', schema))).rejects.toThrow(/key/);
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
