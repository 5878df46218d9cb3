import { describe, expect, it } from '@jest/globals';
import { unpackSnappy } from '../../../core/parquet/snappy.js';

describe('A block of Snappy', () => {
  it.each<[string, number[], string]>([
    ['literals', [4, 0x0c, ...Buffer.from('abcd')], 'abcd'],
    ['a literal whose length stands in a byte of its own', [61, 0xf0, 60, ...Buffer.alloc(61, 'x')], 'x'.repeat(61)],
    ['a copy that repeats what it writes', [10, 0x04, ...Buffer.from('ab'), 0x11, 2], 'ab'.repeat(5)],
    ['a copy with an offset of two bytes', [6, 0x08, ...Buffer.from('abc'), 0x0a, 3, 0], 'abcabc'],
    ['a copy with an offset of four bytes', [6, 0x08, ...Buffer.from('abc'), 0x0b, 3, 0, 0, 0], 'abcabc'],
    ['nothing', [0], ''],
  ])('is unpacked: %s', (_, bytes, text) => {
    expect(unpackSnappy(Buffer.from(bytes), text.length).toString()).toBe(text);
  });

  it.each<[string, number[], number]>([
    ['another length than its page', [3, 0x08, 1, 2, 3], 4],
    ['no length', [], 4],
    ['a length without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 4],
    ['a literal that goes on beyond it', [4, 0x0c, 1], 4],
    // As a signed number that length is negative: a reader that takes it so never ends.
    ['a literal of 2 GiB', [10, 0xfc, 0, 0, 0, 0x80, 0, 0, 0, 0], 10],
    ['a copy from before its beginning', [8, 0x00, 1, 0x01, 9], 8],
    ['a copy from where it stands', [8, 0x00, 1, 0x01, 0], 8],
    ['a copy that is cut off', [8, 0x00, 1, 0x02], 8],
    ['more bytes than it says', [2, 0x0c, 1, 2, 3, 4], 2],
    ['fewer bytes than it says', [9, 0x0c, 1, 2, 3, 4], 9],
  ])('is refused where it has %s', (_, bytes, length) => {
    expect(() => unpackSnappy(Buffer.from(bytes), length)).toThrow(/Snappy/);
  });
});
