import { describe, expect, it } from '@jest/globals';
import { readDialect } from '../../../core/inventory/dialect.js';
import { MAX_RECORD_BYTES } from '../../../core/inventory/records.js';
import { rowReader } from '../../../core/inventory/row-reader.js';
import { recordDecoder } from '../../../core/inventory/schema.js';

const FIRST = '"photos","a"\n';
const ODD: [string, string][] = [
  ['a newline in a field', '"photos","a\nb"\n'],
  ['a quote in a field', '"photos","a""b"\n'],
  ['a field without quotes', '"photos",a\n'],
  ['a first field without quotes', 'photos,"a"\n'],
  ['a line that ends as DOS does', '"photos","a"\r\n'],
  ['a byte order mark', '\u00ef\u00bb\u00bf"photos","a"\n'],
  ['a column too few', '"photos"\n'],
  ['a column too many', '"photos","a","b"\n'],
  ['an empty line', '\n'],
  ['text behind a quote', '"photos"x,"a"\n'],
  ['a NUL behind a quote', '"photos"\0,"a"\n'],
  ['a record longer than there may be', `"photos","${'a'.repeat(MAX_RECORD_BYTES)}"\n`],
  ['a beginning longer than a record may be', `"photos","${'a'.repeat(MAX_RECORD_BYTES)}`],
];
const PLAIN: [string, string][] = [
  ['not there to its end', '"photos","b'],
  ['there but for its newline', '"photos","b"'],
  ['there but for its last column', '"photos",'],
  ['not there at all', ''],
];

describe('The readers of S3’s dialect leave to csv-parse', () => {
  it.each(ODD)('%s, and all that follows it, but nothing before it', (_, odd) => {
    // A newline in a field is one to the string reader only.
    if (!odd.includes('a\nb'))
      expect(readDialect(FIRST + odd + FIRST, 0, 2, MAX_RECORD_BYTES)).toEqual({
        records: [['photos', 'a']],
        end: FIRST.length,
        isOdd: true,
      });
    const { batch, ...read } = rows().read(Buffer.from(FIRST + odd, 'latin1'));
    expect(batch.lines).toHaveLength(1);
    expect(read).toEqual({ count: 1, end: FIRST.length, isOdd: true });
  });

  it.each(PLAIN)('no record that is only %s: it waits for the next block', (_, rest) => {
    const expected = { end: FIRST.length, isOdd: false };
    expect(readDialect(FIRST + rest, 0, 2, MAX_RECORD_BYTES)).toMatchObject(expected);
    expect(rows().read(Buffer.from(FIRST + rest))).toMatchObject({ ...expected, count: 1 });
  });
});

describe('The reader of rows reads by itself', () => {
  it.each([
    ['a key that is URL-encoded', '"photos","caf%C3%A9+1"\n', '"caf%C3%A9%201","","","","","","","l"\n'],
    ['a key that is not, and is no ASCII', '"photos","é"\n', '"%C3%A9","","","","","","","l"\n'],
    ['a key that is a formula to a spreadsheet', '"photos","-a"\n', '"%2Da","","","","","","","l"\n'],
  ])('%s', (_, record, line) => {
    const { batch, ...read } = rows().read(Buffer.from(record + FIRST));
    expect(read).toMatchObject({ count: 2, isOdd: false });
    expect(batch.bytes.toString()).toBe(`${line}"a","","","","","","","l"\n`);
  });
});

function rows() {
  const columns = ['Bucket', 'Key'];
  const decode = recordDecoder(columns, 'photos');
  return rowReader({
    columns,
    sourceBucket: 'photos',
    count: () => undefined,
    decode: (record) => decode(record, () => 'here'),
    isExpected: () => true,
    isFiltered: false,
  });
}
