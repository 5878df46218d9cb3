import { beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readFooter } from '../../core/parquet/footer.js';
import { ParquetError } from '../../core/parquet/parquet-error.js';
import { readParquet } from '../../core/parquet/read-parquet.js';
import { ALL_COLUMNS, parquetOf } from '../support/parquet.js';

const ROWS = 300;
let files: Buffer[] = [];

beforeAll(async () => {
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    bucket: 'photos',
    key: `folder/${index} é`,
    is_latest: true,
    size: index % 3 === 0 ? null : index,
    last_modified_date: index,
    storage_class: 'STANDARD',
  }));
  files = await Promise.all(
    ['COMPRESSION snappy, ROW_GROUP_SIZE 100', 'COMPRESSION uncompressed'].map((options) =>
      parquetOf(rows, ['bucket', 'key', 'is_latest', 'size', 'last_modified_date', 'storage_class'], options),
    ),
  );
});

/** Where a file is changed, counted from its end too, since its footer decides the most. */
const changes = fc.array(
  fc.record({
    place: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.8, max: 1, noNaN: true })),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      fc.constantFrom([0xff, 0xff, 0xff, 0xff, 0x07], [0xfe, 0xff, 0xff, 0xff, 0x0f], [0x19, 0xfc], [0], [0x1c]),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('A Parquet file that a stranger has made', () => {
  it('is read or refused by name, and never costs more than its bytes do, whatever is changed in it', async () => {
    let [refused, read] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1 }), changes, async (which, changes) => {
        const bytes = Buffer.from(files[which] ?? Buffer.of());
        for (const { place, bytes: written } of changes)
          bytes.set(Array.from(written).slice(0, bytes.length), Math.floor(place * (bytes.length - 8)));
        const cost = await costOf(bytes);
        if (cost.isRefused) refused += 1;
        else read += 1;
        expect(cost.asked).toBeLessThan(64 * bytes.length);
      }),
      { numRuns: 3_000 },
    );
    // Else all of this would be said of one kind only.
    expect(Math.min(refused, read)).toBeGreaterThan(100);
  }, 120_000);

  it('is refused wherever it is cut off', async () => {
    const whole = files[0] ?? Buffer.of();
    for (let length = 0; length < whole.length; length += 7)
      expect((await costOf(whole.subarray(0, length))).isRefused).toBe(true);
  });
});

/** Bytes that are asked for to read all of a file, and whether it is refused. Any other error is thrown. */
async function costOf(bytes: Buffer): Promise<{ asked: number; isRefused: boolean }> {
  let asked = 0;
  const file = {
    size: bytes.length,
    readAt: (offset: number, length: number) => {
      asked += length;
      expect(offset >= 0 && length >= 0 && offset + length <= bytes.length).toBe(true);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  try {
    const footer = await readFooter(file, new Set<string>(ALL_COLUMNS));
    let batches = 0;
    for await (const { rows, values } of readParquet(file, footer, [...footer.columns.values()])) {
      for (const each of values) expect(each).toHaveLength(rows);
      if ((batches += 1) > 1_000) break;
    }
    return { asked, isRefused: false };
  } catch (error) {
    if (!(error instanceof ParquetError)) throw error;
    return { asked, isRefused: true };
  }
}
