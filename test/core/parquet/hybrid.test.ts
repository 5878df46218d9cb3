import { describe, expect, it } from '@jest/globals';
import { HybridReader } from '../../../core/parquet/hybrid.js';

describe('Numbers in runs and packed groups', () => {
  it.each<[string, number[], number, number[]]>([
    ['a run', [0x06, 5], 3, [5, 5, 5]],
    // The example of Parquet's specification.
    ['a packed group', [0x03, 0x88, 0xc6, 0xfa], 3, [0, 1, 2, 3, 4, 5, 6, 7]],
    ['one behind the other', [0x04, 1, 0x03, 0x88, 0xc6, 0xfa], 3, [1, 1, 0, 1, 2, 3, 4, 5, 6, 7]],
    ['of no bits, which are zeros', [], 0, [0, 0, 0]],
    ['of many bits', [0x02, 0xff, 0xff, 0xff, 0x7f], 31, [2 ** 31 - 1]],
  ])('are read: %s', (_, bytes, bits, numbers) => {
    expect(Array.from(new HybridReader(Buffer.from(bytes), bits).read(numbers.length))).toEqual(numbers);
    const one = new HybridReader(Buffer.from(bytes), bits);
    expect(numbers.map(() => one.read(1)[0])).toEqual(numbers);
  });

  it('are read some at a time, however many a run claims', () => {
    const reader = new HybridReader(Buffer.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 1);
    expect(Array.from(reader.read(4))).toEqual([1, 1, 1, 1]);
  });

  it('pack up to 31 bits across bytes', () => {
    const numbers = [0, 1, 2 ** 30, 2 ** 31 - 1, 12_345_678, 5, 6, 2 ** 29 + 1];
    const bits = numbers
      .map((number) => number.toString(2).padStart(31, '0'))
      .toReversed()
      .join('');
    const bytes =
      bits
        .match(/.{8}/g)
        ?.map((byte) => Number.parseInt(byte, 2))
        .toReversed() ?? [];
    expect(Array.from(new HybridReader(Buffer.from([0x03, ...bytes]), 31).read(8))).toEqual(numbers);
  });

  it.each<[string, number[], number]>([
    ['there are none', [], 1],
    ['a run has no value', [0x06], 1],
    ['a run is of nothing', [0x00, 1, 0x00, 1], 1],
    ['a group is cut off', [0x03, 0x88], 3],
    ['a run is of a number of more bits', [0x10, 2], 1],
    ['a header has no end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1],
  ])('are refused where %s', (_, bytes, bits) => {
    expect(() => new HybridReader(Buffer.from(bytes), bits).read(8)).toThrow(/a page/);
  });

  it('are refused where they claim more bits than any has', () => {
    expect(() => new HybridReader(Buffer.of(0x02, 1), 32)).toThrow('numbers of 32 bits');
  });
});
