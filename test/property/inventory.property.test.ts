import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BackfillError } from '../../core/errors.js';
import { readRecords } from '../../core/inventory/records.js';
import { recordDecoder } from '../../core/inventory/schema.js';
import { encodeKey } from '../../core/keys.js';
import { recordsOf } from '../core/support/records.js';
import { anyKey } from './keys.js';
import { VERSION_FIELDS } from '../support/world.js';
import { anyRow } from './rows.js';

const COLUMNS = ['Bucket', 'Key', ...VERSION_FIELDS];
const field = fc.oneof(anyKey, fc.constantFrom('"', '""', ',', '\n', '\r\n', '","', ' ', '\uFEFF', ''));
const records = fc.array(fc.tuple(field, field, field), { maxLength: 15 });
/** How a file is cut: into gzip members, and into what arrives at a time. */
const cuts = fc.record({ member: fc.integer({ min: 1, max: 60 }), arrival: fc.integer({ min: 1, max: 60 }) });

describe('A data file of an inventory', () => {
  it('is read as it was written, whatever its fields hold and wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(records, cuts, async (records, { member, arrival }) => {
        const body = Buffer.concat(piecesOf(Buffer.from(csv(records)), member).map((piece) => gzipSync(piece)));
        expect(await read(piecesOf(body, arrival), body)).toEqual(records);
      }),
      { numRuns: 100 },
    );
  });

  it('is refused by name, and never taken for less than it was, wherever a byte of it is damaged', async () => {
    const whole = gzipSync('"photos","a","1"\n'.repeat(50));
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const body = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) body[at] = (body[at] ?? 0) ^ flip;
        await expect(read([body], whole)).rejects.toMatchObject({ name: 'ManifestCorrupt' });
      }),
      { numRuns: 100 },
    );
  });

  it('is refused by name or read, whatever bytes it is made of, also where its MD5 is right', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', '\u0000', 'é') }).map((text) => gzipSync(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 3 }), async (pieces) => {
        const body = Buffer.concat(pieces);
        const error = await read([body], body).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (error !== undefined) expect(error).toMatchObject({ name: 'ManifestCorrupt' });
      }),
      { numRuns: 150 },
    );
  });
});

describe('A record of an inventory', () => {
  const decode = recordDecoder(COLUMNS, 'photos');

  it('is decoded to the row that S3 wrote', () => {
    fc.assert(
      fc.property(anyRow, fc.boolean(), (row, isLatest) => {
        const record = [
          'photos',
          encodeKey(row.key),
          row.versionId,
          String(isLatest),
          'false',
          String(row.size),
          new Date(row.lastModified ?? 0).toISOString(),
          `"${row.etag}"`,
          row.storageClass,
          row.encryption,
        ];
        const etag = row.etag.replaceAll('"', '');
        fc.pre(etag !== '' && row.size !== undefined && row.lastModified !== undefined);
        expect(decode(record, () => 'here')).toEqual({ ...row, etag, isLatest, isDeleteMarker: false });
      }),
      { numRuns: 500 },
    );
  });

  it('is decoded or refused by name, whatever strangers wrote', () => {
    const likely = ['photos', 'a', '', 'true', 'false', '1', '2026-01-31T00:00:00Z', 'e', 'STANDARD', 'SSE-S3'];
    const change = fc.tuple(
      fc.nat(COLUMNS.length - 1),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        anyKey,
        fc.double().map(String),
        fc.date({ noInvalidDate: true }).map(String),
      ),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), fc.nat(COLUMNS.length), (changes, length) => {
        const record = [...likely];
        for (const [at, text] of changes) record[at] = text;
        const given = changes.length > 0 ? record : record.slice(0, length);
        try {
          const { key, size, lastModified } = decode(given, () => 'here');
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
          expect(Number.isSafeInteger(size) && Number.isFinite(lastModified)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BackfillError);
          expect(error).toMatchObject({ name: 'ManifestCorrupt' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function csv(records: readonly string[][]): string {
  return records.map((fields) => `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\n`).join('');
}

function piecesOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) || 1 }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** Reads what arrives as the file that `expected` is. */
async function read(arrives: Buffer[], expected: Buffer): Promise<string[][]> {
  const md5 = createHash('md5').update(expected).digest('hex');
  const file = { name: 'file', md5, size: expected.length, columns: 3 };
  const read: string[][] = [];
  for await (const batch of readRecords(Readable.from(arrives.filter(({ length }) => length > 0)), file, recordsOf(3)))
    read.push(...batch);
  return read;
}
