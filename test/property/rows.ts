import * as fc from 'fast-check';
import type { Row } from '../../contracts/row.js';
import { anyKey } from './keys.js';

/** What the decoder of an inventory lets through: printable ASCII, also what CSV has a meaning for. */
const plain = (minLength: number, maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength,
    maxLength,
  });

/** Rows as an inventory may have them. */
export const anyRow: fc.Arbitrary<Row> = fc.record({
  key: anyKey.filter((key) => key !== ''),
  versionId: plain(0, 40),
  size: fc.option(fc.integer({ min: 0, max: 50e12 }), { nil: undefined }),
  etag: plain(0, 38),
  lastModified: fc.option(fc.integer({ min: Date.UTC(2006, 2, 14), max: Date.UTC(2100, 0, 1) }), { nil: undefined }),
  storageClass: fc.constantFrom('', 'STANDARD', 'GLACIER'),
  encryption: fc.constantFrom('', 'SSE-S3', 'SSE-KMS'),
  isLatest: fc.boolean(),
  isDeleteMarker: fc.boolean(),
});
