import { describe, expect, it } from '@jest/globals';
import { readCsvLine } from '../../../../core/inventory/csv-manifest/csv-line.js';

describe('A line of a CSV list', () => {
  it.each<[string, string[]]>([
    ['photos,a', ['photos', 'a']],
    ['"photos","a"', ['photos', 'a']],
    ['"photos",a,""', ['photos', 'a', '']],
    ['photos,"a,b"', ['photos', 'a,b']],
    ['photos,"a""b"', ['photos', 'a"b']],
    ['"""",""""""', ['"', '""']],
    ['photos,', ['photos', '']],
    [',,', ['', '', '']],
    ['"",', ['', '']],
    ['', ['']],
  ])('is read as any reader of CSV does: %s', (line, fields) => {
    expect(readCsvLine(line)).toEqual(fields);
  });

  it.each(['"photos', 'photos,"a', 'photos,a"b', 'photos,"a"b', '"photos"a,b', '"a""', 'photos, "a"'])(
    'is refused where its quotes do not go together: %s',
    (line) => {
      expect(readCsvLine(line)).toBeUndefined();
    },
  );
});
