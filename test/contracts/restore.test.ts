import { describe, expect, it } from '@jest/globals';
import { deployedPair, pair, type PairInput, type RunBounds } from '../../contracts/pair.js';
import { restoreOf } from '../../contracts/restore.js';
import { destinationKey } from '../../core/keys.js';
import { runRequest } from '../../contracts/run-request.js';

const LEAST: PairInput = {
  name: 'photos',
  source: { bucket: 'photos' },
  destination: { bucket: 'vault' },
  inventory: { bucket: 'inventories', configId: 'all' },
};
const BOUNDS: RunBounds = {
  source: { bucket: 'photos', account: '111111111111' },
  destination: { bucket: 'vault' },
  inventory: { bucket: 'inventories', prefix: '', configId: 'all' },
  maxConcurrency: 7,
};

describe('A pair with restore', () => {
  it.each([
    [{ restore: {} }, { to: [] }],
    [{ restore: { to: [{ bucket: 'drill', prefix: 'x/' }] } }, { to: [{ bucket: 'drill', prefix: 'x/' }] }],
  ])('may say %j', (more, restore) => {
    expect(pair.parse({ ...LEAST, ...more })).toMatchObject({ restore });
  });

  it.each<[Partial<PairInput>, string, RegExp]>([
    [{ name: 'photos-restore' }, 'name', /with -restore, it is that of the restore of another pair/],
    [{ name: 'a'.repeat(24), restore: {} }, 'name', /at most 23 characters/],
    [{ restore: { to: [{ bucket: 'photos' }] } }, 'restore.to.0.bucket', /another bucket than the source/],
    [{ restore: { to: [{ bucket: 'vault' }] } }, 'restore.to.0.bucket', /another bucket than the destination/],
    [{ restore: { to: [{ bucket: 'drill' }, { bucket: 'drill' }] } }, 'restore.to.1.bucket', /each bucket once/],
  ])('is refused where it says %j', (more, path, message) => {
    const issues = pair.safeParse({ ...LEAST, ...more }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });

  it('has room for the names of its functions in the longest name that it may have', () => {
    expect(pair.safeParse({ ...LEAST, name: 'a'.repeat(23), restore: {} }).success).toBe(true);
    expect(`s3-backfill-${'a'.repeat(23)}-restore-record-chunk-failure`).toHaveLength(64);
  });
});

describe('The restore of a pair', () => {
  it('is the pair swapped: each side with its own role, account, Region and key', () => {
    const source = { bucket: 'photos', account: '111111111111', roleArn: 'r', externalId: 'one', kmsKeyArn: 'k1' };
    const destination = { bucket: 'vault', region: 'eu-west-1', roleArn: 's', externalId: 'two', kmsKeyArn: 'k2' };
    const { name, bounds } = restoreOf({
      name: 'photos',
      bounds: {
        ...BOUNDS,
        source: { ...source, prefix: 'in/' },
        destination: { ...destination, prefix: 'out/', storageClass: 'DEEP_ARCHIVE', bucketKeyEnabled: true },
        filters: { include: ['*.jpg'] },
        requestsPerSecond: 100,
        copy: { versions: 'all', overwrite: 'always', acl: 'copy', archived: 'skip', restoreTier: 'Standard' },
        restore: { to: [{ bucket: 'drill' }, { bucket: 'cellar', prefix: 'x/', region: 'eu-west-1' }] },
      },
    });
    expect(name).toBe('photos-restore');
    expect(bounds).toEqual({
      source: { ...destination, prefix: 'out/' },
      destination: { ...source, prefix: 'in/', storageClass: 'STANDARD' },
      maxConcurrency: 7,
      requestsPerSecond: 100,
      copy: { acl: 'copy', archived: 'restore', restoreTier: 'Standard' },
      restoring: {
        to: [
          { bucket: 'drill', prefix: 'in/', storageClass: 'STANDARD' },
          { bucket: 'cellar', prefix: 'x/', region: 'eu-west-1', storageClass: 'STANDARD' },
        ],
      },
    });
  });

  it.each([
    [undefined, undefined],
    ['in/', undefined],
    [undefined, 'out/'],
    ['in/', 'out/'],
    ['in/', ''],
  ])('takes each key back to where it came from: source prefix %j, destination prefix %j', (from, to) => {
    const prefixes = {
      source: { bucket: 'photos', ...(from === undefined ? {} : { prefix: from }) },
      destination: { bucket: 'vault', ...(to === undefined ? {} : { prefix: to }) },
    };
    const { bounds } = restoreOf({ name: 'photos', bounds: { ...BOUNDS, ...prefixes } });
    for (const key of ['a', 'in/b', 'out/c', 'é/ /+']) {
      const there = `${from ?? ''}${key}`;
      expect(destinationKey(destinationKey(there, prefixes), bounds)).toBe(there);
    }
  });

  it('is what a state machine may be deployed with', () => {
    const restore = restoreOf({ name: 'photos', bounds: BOUNDS });
    expect(deployedPair.parse(JSON.parse(JSON.stringify(restore)))).toEqual(restore);
  });
});

it('A request may ask for a listing as of a time, and for no other than a time', () => {
  const request = { source: { bucket: 'photos' }, destination: { bucket: 'vault' } };
  const parse = (asOf: unknown) => runRequest.safeParse({ ...request, manifest: { list: true, asOf } }).success;
  expect([parse('2026-01-31'), parse('2026-01-31T12:00:00+02:00'), parse(undefined)]).toEqual([true, true, true]);
  expect([parse('yesterday'), parse(5), parse('2026-13-01')]).toEqual([false, false, false]);
});
