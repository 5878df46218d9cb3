import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runRequest } from '../../contracts/run-request.js';
import { scopeOf } from '../../core/inventory/scope.js';
import { compareKeys, decodeKey } from '../../core/keys.js';
import { anyKey } from '../property/keys.js';
import {
  DESTINATION_PREFIX,
  JUDGED_BEFORE,
  openInventories,
  SOURCE_PREFIX,
  type InventoryRow,
} from './two-inventories.js';

let world: Awaited<ReturnType<typeof openInventories>>;
beforeAll(async () => {
  world = await openInventories();
});
afterAll(() => world.close());

describe('The difference of two inventories, as Athena tells it', () => {
  it('is that of a comparison row by row, whatever keys, sizes, ETags, times, classes and filters there are', async () => {
    await fc.assert(
      fc.asyncProperty(inventories, filters, async ([source, destination], filter) => {
        const answer = await world.ask(source, destination, filter);
        const expected = compareNaively(source, destination, filter);
        expect({ ...answer.counts, repeated: answer.repeated }).toEqual(expected.counts);
        const keys = answer.rows.map(({ key = '' }) => decodeKey(key) ?? '');
        expect(keys.toSorted(compareKeys)).toEqual(expected.keys.toSorted(compareKeys));
        for (const row of answer.rows) {
          const of = source.find(({ key }) => key === decodeKey(row['key'] ?? ''));
          expect(row).toEqual({
            bucket: 'photos',
            key: row['key'],
            size: String(of?.size),
            last_modified_date: of?.modified.slice(0, 19).replace('T', ' '),
            etag: of?.etag,
            storage_class: of?.storageClass,
            encryption_status: of?.encryption,
          });
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('a source of another class than its copy is left out by its own class', async () => {
    const object = { size: 1, modified: '2024-03-01T00:00:00.000Z', etag: 'a', encryption: 'SSE-S3' };
    const source = [{ ...object, key: `${SOURCE_PREFIX}1`, storageClass: 'GLACIER' }];
    const destination = [{ ...object, key: `${DESTINATION_PREFIX}1`, storageClass: 'STANDARD' }];
    const { counts } = await world.ask(source, destination, { storageClasses: ['STANDARD'] });
    expect(counts).toMatchObject({ sourceRows: 0, destinationRows: 0 });
  });

  it('a key that stands twice is said so, also where the filters would leave out one of its rows: nobody knows which it is', async () => {
    const object = { size: 1, etag: 'a', storageClass: 'STANDARD', encryption: 'SSE-S3', key: `${SOURCE_PREFIX}1` };
    const source = [
      { ...object, modified: '2024-03-01T00:00:00.000Z' },
      { ...object, modified: '2024-03-01T00:00:04.000Z' },
    ];
    const { counts, repeated } = await world.ask(source, [], { modifiedBefore: '2024-03-01T00:00:04Z' });
    expect({ repeated, rows: counts.sourceRows }).toEqual({ repeated: 1, rows: 2 });
  });
});

const suffix = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c/d', 'c e', '+', '%2B', "'") }, anyKey);
const facts = fc.record({
  size: fc.constantFrom(0, 1, 2),
  modified: fc.integer({ min: 0, max: 5 }).map((second) => `2024-03-01T00:00:0${second}.000Z`),
  etag: fc.constantFrom('a', 'b', 'a-1', 'b-2', 'c-2', ''),
  storageClass: fc.constantFrom('STANDARD', 'GLACIER', ''),
  encryption: fc.constantFrom('NOT-SSE', 'SSE-S3', 'SSE-KMS', 'DSSE-KMS', 'SSE-C', ''),
});
const side = fc.constantFrom<'source' | 'destination' | 'both'>('source', 'destination', 'both', 'both', 'both');

/** Pairs of rows, few of them doubled or outside the pair's prefixes. */
const inventories = fc
  .array(fc.tuple(suffix, side, facts, fc.option(facts, { freq: 2 }), fc.constantFrom(1, 1, 1, 1, 1, 1, 2)), {
    maxLength: 12,
  })
  .map((objects) => {
    const source: InventoryRow[] = [{ ...OUTSIDE, key: 'from/elsewhere' }];
    const destination: InventoryRow[] = [{ ...OUTSIDE, key: 'else/where' }];
    for (const [path, where, one, other, times] of objects) {
      const rows = (prefix: string, of: Omit<InventoryRow, 'key'>) =>
        Array.from({ length: times }, () => ({ ...of, key: prefix + path }));
      if (where !== 'destination') source.push(...rows(SOURCE_PREFIX, one));
      if (where !== 'source') destination.push(...rows(DESTINATION_PREFIX, other ?? one));
    }
    return [source, destination] as const;
  });

const OUTSIDE = {
  size: 7,
  modified: '2024-03-01T00:00:00.000Z',
  etag: 'x',
  storageClass: 'STANDARD',
  encryption: 'SSE-S3',
};

const glob = fc.constantFrom(`${SOURCE_PREFIX}*`, '*a', '*/?', '*+', '*%*', "*'", '*\n*', '[a-z]*', '*.*', '*(', '*$');
const filters = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      include: fc.array(glob, { minLength: 1, maxLength: 2 }),
      exclude: fc.array(glob, { maxLength: 2 }),
      minSize: fc.constant(1),
      maxSize: fc.constant(1),
      modifiedAfter: fc.constantFrom('2024-03-01T00:00:01Z', '2024-03-01T00:00:00.500Z'),
      modifiedBefore: fc.constantFrom('2024-03-01T00:00:04Z', '2024-03-01T00:00:03.500Z'),
      storageClasses: fc.constantFrom(['STANDARD'], ['GLACIER']),
    },
    { requiredKeys: [] },
  ),
);

/** The table of core/compare/compare.ts, as far as inventories go. */
function compareNaively(
  source: readonly InventoryRow[],
  destination: readonly InventoryRow[],
  filter: { include?: string[]; exclude?: string[] },
) {
  const outOfScope = scopeWith(filter);
  const { include, exclude } = filter;
  /** What stands twice is left out by its key alone. */
  const outByKey = scopeWith({ ...(include && { include }), ...(exclude && { exclude }) });
  const counts = {
    sourceRows: 0,
    destinationRows: 0,
    byEtag: 0,
    bySizeAndTime: 0,
    missing: 0,
    different: 0,
    onlyAtDestination: 0,
    newer: 0,
    matchedBytes: 0,
    differingBytes: 0,
    repeated: 0,
  };
  const keys: string[] = [];
  const paths = new Set([
    ...source.filter(({ key }) => key.startsWith(SOURCE_PREFIX)).map(({ key }) => key.slice(SOURCE_PREFIX.length)),
    ...destination
      .filter(({ key }) => key.startsWith(DESTINATION_PREFIX))
      .map(({ key }) => key.slice(DESTINATION_PREFIX.length)),
  ]);
  for (const path of paths) {
    const ones = source.filter(({ key }) => key === SOURCE_PREFIX + path);
    const others = destination.filter(({ key }) => key === DESTINATION_PREFIX + path);
    const [one, other] = [ones[0], others[0]];
    const judged = one ?? other;
    if (!judged) continue;
    const scoped = {
      ...judged,
      key: SOURCE_PREFIX + path,
      lastModified: Date.parse(judged.modified),
      isLatest: true,
      isDeleteMarker: false,
    };
    const isRepeated = ones.length > 1 || others.length > 1;
    if ((isRepeated ? outByKey : outOfScope)(scoped)) continue;
    counts.sourceRows += ones.length;
    counts.destinationRows += others.length;
    if (isRepeated) counts.repeated += 1;
    else if (!one) counts.onlyAtDestination += 1;
    else {
      const finding = other ? findingOf(one, other) : 'missing';
      if (finding === 'byEtag' || finding === 'bySizeAndTime') {
        counts[finding] += 1;
        counts.matchedBytes += one.size;
      } else if (one.modified >= JUDGED_BEFORE) counts.newer += 1;
      else {
        counts[finding] += 1;
        counts.differingBytes += one.size;
        keys.push(one.key);
      }
    }
  }
  return { counts, keys };
}

function scopeWith(filter: object): ReturnType<typeof scopeOf> {
  return scopeOf(
    runRequest.parse({
      manifest: 's3://lists/manifest.json',
      source: { bucket: 'photos', prefix: SOURCE_PREFIX },
      destination: { bucket: 'replica', prefix: DESTINATION_PREFIX },
      ...filter,
    }),
  );
}

function findingOf(one: InventoryRow, other: InventoryRow): 'different' | 'byEtag' | 'bySizeAndTime' {
  if (one.size !== other.size) return 'different';
  if (one.etag !== '' && one.etag === other.etag) return 'byEtag';
  const isOpaque = [one, other].some(({ encryption }) => /KMS|SSE-C/.test(encryption));
  const parts = (etag: string) => etag.split('-')[1] ?? '';
  if (!isOpaque && parts(one.etag) === parts(other.etag)) return 'different';
  return other.modified >= one.modified ? 'bySizeAndTime' : 'different';
}
