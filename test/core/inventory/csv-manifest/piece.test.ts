import { describe, expect, it } from '@jest/globals';
import { bytesOf, linesOfPiece } from '../../../../core/inventory/csv-manifest/piece.js';

const TEXT = 'one\ntwo\n\nthree\nfour';

describe('A piece of a file', () => {
  it.each<[number, number, string[]]>([
    [0, 19, ['one\n', 'two\n', '\n', 'three\n', 'four\n']],
    [0, 1, ['one\n']],
    [0, 4, ['one\n']],
    [0, 5, ['one\n', 'two\n']],
    [1, 4, []],
    [4, 8, ['two\n']],
    [3, 5, ['two\n']],
    [8, 9, ['\n']],
    [9, 10, ['three\n']],
    [10, 15, []],
    [15, 19, ['four\n']],
    [16, 19, []],
  ])('has the lines that begin in it: %d to %d', async (from, to, lines) => {
    for (const block of [1, 3, 100]) expect(await read(TEXT, from, to, block)).toEqual(lines);
  });

  it('reads no more of the file than its last line can need', () => {
    expect(bytesOf({ from: 0, to: 10 }, 1_000, 100)).toEqual({ from: 0, to: 110 });
    expect(bytesOf({ from: 10, to: 20 }, 1_000, 100)).toEqual({ from: 9, to: 120 });
    expect(bytesOf({ from: 990, to: 1_000 }, 1_000, 100)).toEqual({ from: 989, to: 1_000 });
  });

  it.each([
    ['within', 0, 500],
    ['at its end', 0, 5],
  ])('refuses a line that is longer than any, and says where it begins: %s', async (_, from, to) => {
    await expect(read(`a\n${'x'.repeat(400)}\n`, from, to, 64)).rejects.toThrow('too long at 2');
  });

  it('leaves such a line to the piece in which it begins', async () => {
    const text = `a\n${'x'.repeat(400)}\nb\n`;
    expect(await read(text, 200, 300, 64)).toEqual([]);
    expect(await read(text, 300, text.length, 64)).toEqual(['b\n']);
  });

  it('takes no end of an answer for the end of a line', async () => {
    const cut = blocksOf(Buffer.from(TEXT).subarray(0, 17), 5);
    const reading = collect(linesOfPiece(cut, { from: 0, to: 19 }, 19, 100, () => new Error('too long')));
    await expect(reading).rejects.toMatchObject({ name: 'NoAnswer' });
  });
});

async function read(text: string, from: number, to: number, block: number): Promise<string[]> {
  const bytes = Buffer.from(text);
  const range = bytesOf({ from, to }, bytes.length, 100);
  const body = blocksOf(bytes.subarray(range.from, range.to), block);
  return collect(linesOfPiece(body, { from, to }, bytes.length, 100, (at) => new Error(`too long at ${at}`)));
}

async function collect(blocks: ReturnType<typeof linesOfPiece>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { bytes } of blocks) lines.push(...(bytes.toString().match(/[^\n]*\n/g) ?? []));
  return lines;
}

async function* blocksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
