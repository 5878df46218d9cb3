import { describe, expect, it } from '@jest/globals';
import { judgeInventories, type Inventories } from '../../../core/reconcile/judge-inventories.js';
import { bounds, delivered, NOW } from './cases.js';

const PARQUET =
  'message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional int64 size; optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); }';
const ORC = 'struct<bucket:string,key:string,size:bigint,last_modified_date:timestamp,e_tag:string>';
const place = bounds().inventory;
const today = { delivered: delivered('2026-03-10T01:00:00Z'), place };
const there = { kind: 'delivered', ...today } as const;

const judge = (more: Partial<Inventories>) =>
  judgeInventories({ now: NOW, maxAgeDays: 3, versions: 'current', source: today, destination: there, ...more });

const at = (time: string) => ({ delivered: delivered(time), place });
const as = (fileFormat: 'CSV' | 'Parquet' | 'ORC', fileSchema: string, more = {}) => ({
  delivered: delivered('2026-03-10T01:00:00Z', { fileFormat, fileSchema }),
  place: { ...place, ...more },
});

describe('Inventories that Athena compares', () => {
  it.each<[string, Partial<Inventories>]>([
    ['of the same time', {}],
    ['the destination’s the newer one', { destination: { ...there, ...at('2026-03-10T05:00:00Z') } }],
    ['three days old to the second', { source: at('2026-03-07T06:00:00Z'), destination: there }],
    ['Parquet', { source: as('Parquet', PARQUET, { format: 'Parquet' }) }],
    ['ORC', { source: as('ORC', ORC, { format: 'ORC' }) }],
    [
      'taken after the reconciliation began',
      { source: at('2026-03-10T07:00:00Z'), destination: { ...there, ...at('2026-03-10T07:00:00Z') } },
    ],
  ])('%s', (_, inventories) => {
    expect(judge(inventories)).toMatchObject({ way: 'compare', notes: [] });
  });

  it('objects from the time of an older inventory of the destination on are left to live replication', () => {
    const judgement = judge({ destination: { ...there, ...at('2026-03-09T22:30:00Z') } });
    expect(judgement).toEqual({
      way: 'compare',
      judgedBefore: Date.parse('2026-03-09T22:30:00Z'),
      notes: [{ name: 'InventoryStale', message: expect.stringContaining('2026-03-09T22:30:00Z') }],
    });
  });
});

describe('Inventories that Athena cannot compare, and why', () => {
  it.each<[string, Partial<Inventories>, string[], RegExp]>([
    [
      'the source’s is late',
      { source: at('2026-03-07T05:59:59Z') },
      ['InventoryStale'],
      /of the source is 3\.0 days old/,
    ],
    [
      'the destination’s is late',
      { destination: { ...there, ...at('2026-03-01T00:00:00Z') } },
      ['InventoryStale'],
      /of the destination is 9\.3 days old/,
    ],
    [
      'there is none of the destination',
      { destination: { kind: 'none' } },
      ['NoDestinationInventory'],
      /destinationInventory/,
    ],
    [
      'the destination’s is corrupt',
      { destination: { kind: 'unusable', why: 'ManifestCorrupt: bad MD5.' } },
      ['InventoryUnusable'],
      /ManifestCorrupt: bad MD5\. The whole/,
    ],
    ['all versions are asked for', { versions: 'all' }, ['AllVersions'], /current versions/],
    [
      'another format came',
      { source: as('Parquet', PARQUET) },
      ['InventoryUnlike'],
      /source came in Parquet, expected CSV/,
    ],
    [
      'columns came in another order',
      {
        source: as('CSV', 'Bucket, Key, LastModifiedDate, Size, ETag', {
          fields: ['Size', 'LastModifiedDate', 'ETag'],
        }),
      },
      ['InventoryUnlike'],
      /with the columns Bucket, Key, LastModifiedDate, Size, ETag, expected Bucket, Key, Size/,
    ],
    [
      'other columns came than the usual ones, and the pair names none',
      { source: as('CSV', 'Bucket, Key, StorageClass, Size, LastModifiedDate, ETag') },
      ['InventoryUnlike'],
      /expected Bucket, Key, Size, LastModifiedDate/,
    ],
    [
      'the ETag is in neither CSV nor pair',
      { source: as('CSV', 'Bucket, Key, Size, LastModifiedDate', { fields: ['Size', 'LastModifiedDate'] }) },
      ['InventoryUnlike'],
      /without ETag/,
    ],
    [
      'Parquet lacks its size',
      {
        destination: {
          ...there,
          ...as('Parquet', PARQUET.replace('optional int64 size; ', ''), { format: 'Parquet' }),
        },
      },
      ['InventoryUnlike'],
      /destination came without Size/,
    ],
  ])('%s', (_, inventories, names, message) => {
    const { way, notes } = judge(inventories);
    expect(way).toBe('whole');
    expect(notes.map(({ name }) => name)).toEqual(names);
    expect(notes[0]?.message).toMatch(message);
    expect(notes[0]?.message).toContain('compared with a listing of the destination instead');
  });

  it('every reason is told, not only the first', () => {
    const { notes } = judge({ versions: 'all', source: at('2026-01-01T00:00:00Z'), destination: { kind: 'none' } });
    expect(notes.map(({ name }) => name)).toEqual(['AllVersions', 'InventoryStale', 'NoDestinationInventory']);
  });
});
