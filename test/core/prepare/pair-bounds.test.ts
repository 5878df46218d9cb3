import { describe, expect, it } from '@jest/globals';
import type { PairBounds } from '../../../contracts/pair.js';
import { destinationKey } from '../../../core/keys.js';
import { scopeOf } from '../../../core/prepare/pair-bounds.js';
import { parseRequest } from '../../../core/prepare/parse-request.js';
import { LATEST, OWN, boundsOf } from '../support/bounds.js';
import { DESTINATION, INVENTORY, SOURCE, WORK } from '../support/storage.js';

const PHOTOS = boundsOf({ source: 'photos/', destination: 'archive/' });
const MANIFEST = `${LATEST}2026-01-31T00-00Z/manifest.json`;

describe('The input {} is the whole pair', () => {
  it('of two buckets: its newest inventory, its concurrency, and the defaults of all else', () => {
    expect(parse({}, boundsOf())).toEqual({
      source: { bucket: SOURCE },
      destination: { bucket: DESTINATION },
      manifest: { latest: LATEST },
      maxConcurrency: 20,
      maxPasses: 5,
      dryRun: false,
      engine: 'copy',
      proof: 'listing',
      overwrite: 'older',
      multipart: 'keep',
      archived: 'skip',
      restoreDays: 7,
      restoreTier: 'Bulk',
      versions: 'current',
    });
  });

  it('copied as the pair says, and as the request says where that differs', () => {
    const copy = { versions: 'all', proof: 'strong', restoreDays: 2, archived: 'restore' } as const;
    expect(parse({ proof: 'listing' }, { ...boundsOf(), copy })).toMatchObject({ ...copy, proof: 'listing' });
  });

  it('within the pair’s fences, and within the request’s where that names others', () => {
    const fences = { maxObjects: 1_000, maxBytes: 5_000, stopAfter: '06:00 Europe/Berlin' };
    expect(parse({ maxObjects: 7 }, { ...boundsOf(), ...fences })).toMatchObject({ ...fences, maxObjects: 7 });
  });

  it('of two prefixes, and of a storage class', () => {
    const destination = { bucket: DESTINATION, prefix: 'archive/', storageClass: 'STANDARD_IA' } as const;
    expect(parse({}, { ...PHOTOS, destination })).toMatchObject({
      source: { bucket: SOURCE, prefix: 'photos/' },
      destination,
    });
  });

  it('and has nothing of a bucket’s address in it that a request cannot say', () => {
    const where = { region: 'eu-west-1', account: '210987654321' };
    const role = { roleArn: 'arn:aws:iam::210987654321:role/copier', externalId: 'id-7' };
    const bounds = boundsOf(
      {},
      {
        source: { bucket: SOURCE, ...where, ...role, kmsKeyArn: 'arn:aws:kms:eu-west-1:210987654321:key/k' },
        destination: { bucket: DESTINATION, ...where, ...role },
        inventory: { bucket: INVENTORY, prefix: '', configId: 'all', ...where },
      },
    );
    expect(parse({}, bounds)).toMatchObject({
      source: { bucket: SOURCE },
      manifest: { latest: `s3://${INVENTORY}/${SOURCE}/all/` },
    });
    expect(JSON.stringify(parse({}, bounds))).not.toMatch(/eu-west-1|210987654321|id-7/);
  });

  it.each(['source', 'destination'])('and no role: one that is named for the %s is refused', (side) => {
    const role = { roleArn: 'arn:aws:iam::210987654321:role/copier', externalId: 'id-7' };
    expect(() => parse({ [side]: role }, boundsOf())).toThrow(
      expect.objectContaining({ name: 'InvalidRequest', message: expect.stringContaining('roleArn') }),
    );
  });
});

describe('A request may differ from its pair in', () => {
  it.each<[string, object, object]>([
    ['whether it writes', { dryRun: true }, { dryRun: true }],
    ['its passes', { maxPasses: 2 }, { maxPasses: 2 }],
    ['its concurrency, upwards too', { maxConcurrency: 500 }, { maxConcurrency: 500 }],
    ['its rate', { requestsPerSecond: 7_000 }, { requestsPerSecond: 7_000 }],
    ['its filters', { include: ['*.jpg'], minSize: 1 }, { include: ['*.jpg'], minSize: 1 }],
    ['its inventory', { manifest: MANIFEST }, { manifest: MANIFEST }],
    ['a list beside its inventories', { manifest: { csv: `${LATEST}a.csv` } }, { manifest: { csv: `${LATEST}a.csv` } }],
    [
      'a list of its own',
      { manifest: { csv: `s3://${WORK}/manifests/a.csv` } },
      { manifest: { csv: `s3://${WORK}/manifests/a.csv` } },
    ],
    [
      'its storage class',
      { destination: { storageClass: 'GLACIER' } },
      { destination: { bucket: DESTINATION, prefix: 'archive/', storageClass: 'GLACIER' } },
    ],
    [
      'saying its buckets again',
      { source: { bucket: SOURCE }, destination: { bucket: DESTINATION } },
      { source: { bucket: SOURCE, prefix: 'photos/' }, destination: { bucket: DESTINATION, prefix: 'archive/' } },
    ],
    [
      'saying its prefixes again',
      { source: { prefix: 'photos/' }, destination: { prefix: 'archive/' } },
      { source: { prefix: 'photos/' }, destination: { prefix: 'archive/' } },
    ],
    [
      'the time that the schedule meant it for',
      { scheduledTime: '2026-01-31T06:00:00Z' },
      { scheduledTime: '2026-01-31T06:00:00Z' },
    ],
  ])('%s', (_, input, expected) => {
    expect(parse(input, PHOTOS)).toMatchObject(expected);
  });

  it('nothing else: the rest is the pair’s', () => {
    const { maxPasses, ...rest } = parse({ maxPasses: 2 }, PHOTOS);
    expect({ ...rest, maxPasses: 5 }).toEqual(parse({}, PHOTOS));
    expect(maxPasses).toBe(2);
  });
});

describe('A request for a part of the source goes to the same part of the destination', () => {
  interface Case {
    title: string;
    pair: { source?: string; destination?: string };
    input: { source?: object; destination?: object };
    destination: object;
    key: string;
    goesTo: string;
  }

  it.each<Case>([
    {
      title: 'where the pair replaces its prefix',
      pair: { source: 'photos/', destination: 'archive/' },
      input: { source: { prefix: 'photos/2024/' } },
      destination: { bucket: DESTINATION, prefix: 'archive/2024/' },
      key: 'photos/2024/a.jpg',
      goesTo: 'archive/2024/a.jpg',
    },
    {
      title: 'where the pair keeps its prefix',
      pair: { source: 'photos/' },
      input: { source: { prefix: 'photos/2024/' } },
      destination: { bucket: DESTINATION, prefix: 'photos/2024/' },
      key: 'photos/2024/a.jpg',
      goesTo: 'photos/2024/a.jpg',
    },
    {
      title: 'where the pair drops its prefix',
      pair: { source: 'photos/', destination: '' },
      input: { source: { prefix: 'photos/2024/' } },
      destination: { bucket: DESTINATION, prefix: '2024/' },
      key: 'photos/2024/a.jpg',
      goesTo: '2024/a.jpg',
    },
    {
      title: 'where the pair has no prefixes',
      pair: {},
      input: { source: { prefix: '2024/' } },
      destination: { bucket: DESTINATION, prefix: '2024/' },
      key: '2024/a.jpg',
      goesTo: '2024/a.jpg',
    },
    {
      title: 'where the pair puts a whole bucket under a prefix',
      pair: { destination: 'archive/' },
      input: { source: { prefix: '2024/' } },
      destination: { bucket: DESTINATION, prefix: 'archive/2024/' },
      key: '2024/a.jpg',
      goesTo: 'archive/2024/a.jpg',
    },
    {
      title: 'also where it asks for another storage class',
      pair: { source: 'photos/', destination: 'archive/' },
      input: { source: { prefix: 'photos/2024/' }, destination: { storageClass: 'GLACIER' } },
      destination: { bucket: DESTINATION, prefix: 'archive/2024/', storageClass: 'GLACIER' },
      key: 'photos/2024/a.jpg',
      goesTo: 'archive/2024/a.jpg',
    },
    {
      title: 'and may say so',
      pair: { source: 'photos/', destination: 'archive/' },
      input: { source: { prefix: 'photos/2024/' }, destination: { prefix: 'archive/2024/' } },
      destination: { bucket: DESTINATION, prefix: 'archive/2024/' },
      key: 'photos/2024/a.jpg',
      goesTo: 'archive/2024/a.jpg',
    },
  ])('$title', ({ pair, input, destination, key, goesTo }) => {
    const request = parse(input, boundsOf(pair));
    expect(request.destination).toEqual(destination);
    expect(destinationKey(key, request)).toBe(goesTo);
  });

  it.each<[string, object]>([
    ['a part', { source: { prefix: 'photos/2024/' }, destination: { prefix: 'archive/new/' } }],
    [
      'a part, to the place of another part',
      { source: { prefix: 'photos/a/' }, destination: { prefix: 'archive/b/' } },
    ],
    ['the whole, to a part', { destination: { prefix: 'archive/again/' } }],
  ])('and nowhere else, where it could overwrite the copies of other objects: %s', (_, input) => {
    expectOutside(input, PHOTOS, 'destination.prefix: expected "archive/');
  });

  it('and it arrives where a run of the whole pair would put it', () => {
    for (const bounds of [PHOTOS, boundsOf({ source: 'photos/' }), boundsOf(), boundsOf({ destination: 'archive/' })]) {
      const part = parse({ source: { prefix: 'photos/2024/' } }, bounds);
      expect(destinationKey('photos/2024/a', part)).toBe(destinationKey('photos/2024/a', parse({}, bounds)));
    }
  });
});

describe('A prefix is S3’s: it ends where it ends, not at a folder', () => {
  it('so that photos/ does not hold photos2/', () => {
    expectOutside({ source: { prefix: 'photos2/' } }, PHOTOS, 'source.prefix: expected one that begins with "photos/"');
  });

  it('and photos, without its closing slash, does hold photos2/', () => {
    const bounds = boundsOf({ source: 'photos', destination: 'archive' });
    expect(parse({ source: { prefix: 'photos2/' } }, bounds)).toMatchObject({
      source: { prefix: 'photos2/' },
      destination: { prefix: 'archive2/' },
    });
  });
});

describe('A pair that was deployed with engine "none"', () => {
  const bounds = { ...PHOTOS, copy: { engine: 'none' } } as const;

  it('has it for all its runs', () => {
    expect(parse({}, bounds)).toMatchObject({ engine: 'none' });
  });

  it.each(['copy', 'batch-replication'])('copies nothing: engine "%s" is OutsidePair', (engine) => {
    expect(() => parse({ engine }, bounds)).toThrow(
      expect.objectContaining({ name: 'OutsidePair', message: expect.stringMatching(/^engine: expected "none"/) }),
    );
  });

  it('is no more than any other pair may ask for', () => {
    expect(parse({ engine: 'none' }, PHOTOS)).toMatchObject({ engine: 'none' });
  });
});

describe('A request that asks for more than the pair is OutsidePair, and the field is named', () => {
  it.each<[string, object, string]>([
    ['another source bucket', { source: { bucket: 'secrets' } }, 'source.bucket: expected photos, the pair'],
    ['the destination as its source', { source: { bucket: DESTINATION } }, 'source.bucket: '],
    ['another destination bucket', { destination: { bucket: 'secrets' } }, 'destination.bucket: expected photos-copy'],
    ['the source as its destination', { destination: { bucket: SOURCE } }, 'destination.bucket: '],
    ['the work bucket as its destination', { destination: { bucket: WORK } }, 'destination.bucket: '],
    [
      'a shorter source prefix',
      { source: { prefix: 'photo' } },
      'source.prefix: expected one that begins with "photos/"',
    ],
    ['no source prefix', { source: { prefix: '' } }, 'source.prefix: '],
    ['the source prefix without its slash', { source: { prefix: 'photos' } }, 'source.prefix: '],
    ['the source prefix in capitals', { source: { prefix: 'PHOTOS/' } }, 'source.prefix: '],
    ['a way around', { source: { prefix: '../photos/' } }, 'source.prefix: '],
    [
      'a sibling of the destination prefix',
      { destination: { prefix: 'archive2/' } },
      'destination.prefix: expected one that begins with "archive/"',
    ],
    [
      'a key of KMS that its roles may not use',
      { destination: { kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/other' } },
      'destination.kmsKeyArn: expected none',
    ],
    ['ACLs, which its roles may not read', { acl: 'copy' }, 'acl: expected none'],
    ['locks, which its roles may not set', { objectLock: 'copy' }, 'objectLock: expected none'],
    ['restores, which its roles may not ask for', { archived: 'restore' }, 'archived: expected none'],
    ['versions, which its roles may not read', { versions: 'all' }, 'Deploy the pair with copy.versions.'],
    [
      'Batch Replication, which its roles may not start',
      { engine: 'batch-replication' },
      'with copy.engine: "batch-replication".',
    ],
    ['versions, which its roles may not read, of a pair', { versions: 'all' }, 'versions: expected none'],
    ['a shorter destination prefix', { destination: { prefix: 'arch' } }, 'destination.prefix: '],
    ['no destination prefix', { destination: { prefix: '' } }, 'destination.prefix: '],
    [
      'a destination outside for a part inside',
      { source: { prefix: 'photos/2024/' }, destination: { prefix: 'photos/' } },
      'destination.prefix: ',
    ],
    ['an inventory in another bucket', { manifest: { latest: `s3://secrets/daily/${SOURCE}/all/` } }, 'manifest: '],
    ['a manifest in another bucket', { manifest: MANIFEST.replace(INVENTORY, 'secrets') }, 'manifest: '],
    [
      'a bucket whose name begins as the inventory’s',
      { manifest: MANIFEST.replace(INVENTORY, `${INVENTORY}2`) },
      'manifest: ',
    ],
    [
      'an inventory of another configuration',
      { manifest: { latest: LATEST.replace('/all/', '/other/') } },
      'manifest: ',
    ],
    [
      'a configuration whose name begins as the pair’s',
      { manifest: { latest: LATEST.replace('/all/', '/all2/') } },
      'manifest: ',
    ],
    ['a manifest of another configuration', { manifest: MANIFEST.replace('/all/', '/other/') }, 'manifest: '],
    [
      'an inventory of another source',
      { manifest: { latest: LATEST.replace(`/${SOURCE}/`, '/secrets/') } },
      'manifest: ',
    ],
    ['all that is in the inventory’s bucket', { manifest: { latest: `s3://${INVENTORY}/daily/` } }, 'manifest: '],
    [
      'a manifest of a run’s files in the work bucket',
      { manifest: `s3://${WORK}/runs/r/report/manifest.json` },
      'manifest: ',
    ],
    ['a list in another bucket', { manifest: { csv: 's3://secrets/a.csv' } }, 'manifest.csv: '],
    ['a list beside the pair’s inventory', { manifest: { csv: `s3://${INVENTORY}/a.csv` } }, 'manifest.csv: '],
    ['a run’s report as list', { manifest: { csv: `s3://${WORK}/runs/r/report/a.csv` } }, 'manifest.csv: '],
    ['a manifest at the root of the work bucket', { manifest: `s3://${WORK}/manifest.json` }, 'manifest: '],
    ['manifests/ of another bucket', { manifest: 's3://secrets/manifests/m/manifest.json' }, 'manifest: '],
    ['manifests/ of the inventory’s bucket', { manifest: `s3://${INVENTORY}/manifests/m/manifest.json` }, 'manifest: '],
    ['manifests2/ of the work bucket', { manifest: `s3://${WORK}/manifests2/manifest.json` }, 'manifest: '],
  ])('%s', (_, input, words) => {
    expectOutside(input, PHOTOS, words);
  });

  it('and none of what was asked for is repeated: it may be a secret that went astray', () => {
    const secret = 'akiaiosfodnn7example';
    for (const input of [
      { source: { bucket: secret } },
      { source: { prefix: secret } },
      { destination: { bucket: secret } },
      { destination: { prefix: secret } },
      { manifest: `s3://${secret}/manifest.json` },
      { manifest: { latest: `s3://${INVENTORY}/${secret}/` } },
    ]) {
      expectOutside(input, PHOTOS, 'xpected');
      expect(() => parse(input, PHOTOS)).not.toThrow(secret);
    }
  });

  it('also where the pair keeps its prefix: the destination’s is the source’s then', () => {
    const bounds = boundsOf({ source: 'photos/' });
    expectOutside(
      { destination: { prefix: '' } },
      bounds,
      'destination.prefix: expected one that begins with "photos/"',
    );
    expectOutside({ destination: { prefix: 'videos/' } }, bounds, 'destination.prefix: ');
  });
});

describe('A manifest of the pair is', () => {
  it.each<[string, string | { latest: string }]>([
    ['one of its inventories, by address', MANIFEST],
    ['the newest of its inventories', { latest: LATEST }],
    ['one of ours in the work bucket, by address', `${OWN}self-test/2026-01-31T00-00Z/manifest.json`],
    ['the newest of ours in the work bucket', { latest: `${OWN}self-test/` }],
  ])('%s', (_, manifest) => {
    expect(parse({ manifest }, PHOTOS).manifest).toEqual(manifest);
  });
});

describe('An input that cannot be meant is InvalidRequest under its own path, bounds or not', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'photos', 'the input: '],
    ['null', null, 'the input: '],
    ['nothing', undefined, 'the input: '],
    ['a list', [], 'the input: '],
    ['a number', 7, 'the input: '],
    ['source: null', { source: null }, 'source: '],
    ['source: "x"', { source: 'x' }, 'source: '],
    ['source: []', { source: [] }, 'source: '],
    ['source: 0', { source: 0 }, 'source: '],
    ['source.prefix: null', { source: { prefix: null } }, 'source.prefix: '],
    ['source.bucket: null', { source: { bucket: null } }, 'source.bucket: '],
    ['a source with a Region', { source: { region: 'eu-west-1' } }, 'source: '],
    ['a source with an account', { source: { account: '210987654321' } }, 'source: '],
    ['destination: null', { destination: null }, 'destination: '],
    ['destination: "x"', { destination: 'x' }, 'destination: '],
    ['destination: []', { destination: [] }, 'destination: '],
    ['destination.prefix: null', { destination: { prefix: null } }, 'destination.prefix: '],
    ['destination.prefix: {}', { destination: { prefix: {} } }, 'destination.prefix: '],
    ['a destination with an account', { destination: { account: '210987654321' } }, 'destination: '],
    ['manifest: null', { manifest: null }, 'manifest: '],
    ['maxConcurrency: null', { maxConcurrency: null }, 'maxConcurrency: '],
    ['bounds of its own', { bounds: boundsOf({}, { source: { bucket: 'secrets' } }) }, '"bounds"'],
    ['a prefix of JavaScript’s own', JSON.parse('{"source": {"__proto__": {"prefix": ""}}}'), 'source: '],
    ['a source of JavaScript’s own', JSON.parse('{"__proto__": {"source": {"bucket": "secrets"}}}'), '"__proto__"'],
  ])('%s', (_, input, path) => {
    const parsing = () => parse(input, PHOTOS);
    expect(parsing).toThrow(expect.objectContaining({ name: 'InvalidRequest' }));
    expect(parsing).toThrow(path);
  });
});

describe('A run is of the pair where nothing is left out; its counts are then the pair’s metrics', () => {
  it.each<[string, object]>([
    ['{}', {}],
    ['the pair said again', { source: { bucket: SOURCE, prefix: 'photos/' }, destination: { prefix: 'archive/' } }],
    ['another concurrency', { maxConcurrency: 1 }],
    ['fewer passes', { maxPasses: 1 }],
    ['another storage class', { destination: { storageClass: 'GLACIER_IR' } }],
    ['its newest inventory by name', { manifest: { latest: LATEST } }],
    ['a listing of it', { manifest: { list: true } }],
    ['no dry run, in words', { dryRun: false }],
    ['a dry run', { dryRun: true }],
    ['the time of the schedule', { scheduledTime: '2026-01-31T06:00:00Z' }],
  ])('pair: %s', (_, input) => {
    expect(scopeOf(parse(input, PHOTOS), PHOTOS)).toBe('pair');
  });

  it.each<[string, object]>([
    ['include', { include: ['*'] }],
    ['exclude', { exclude: ['*.tmp'] }],
    ['modifiedAfter', { modifiedAfter: '2026-01-01' }],
    ['modifiedBefore', { modifiedBefore: '2026-01-01' }],
    ['minSize, be it zero', { minSize: 0 }],
    ['maxSize', { maxSize: 1 }],
    ['storageClasses', { storageClasses: ['STANDARD'] }],
    ['an inventory given by address, which may be an old one', { manifest: MANIFEST }],
    ['a manifest of ours', { manifest: `${OWN}self-test/manifest.json` }],
    ['the newest manifest of ours', { manifest: { latest: `${OWN}self-test/` } }],
    ['a folder inside of its inventories', { manifest: { latest: `${LATEST}2026/` } }],
    ['a listing of a part', { manifest: { list: true }, source: { prefix: 'photos/2024/' } }],
    ['a narrower source prefix', { source: { prefix: 'photos/2024/' } }],
    ['what an earlier run owed', { manifest: { failuresOf: 'earlier' } }],
  ])('part: %s', (_, input) => {
    expect(scopeOf(parse(input, PHOTOS), PHOTOS)).toBe('part');
  });

  it('and without bounds there is no pair that it could be all of', () => {
    const request = parseRequest({
      source: { bucket: SOURCE },
      destination: { bucket: DESTINATION },
      manifest: MANIFEST,
    });
    expect(scopeOf(request, undefined)).toBe('part');
  });

  it('also of a pair without prefixes, whose prefix may be said to be empty', () => {
    const bounds = boundsOf();
    const input = { source: { prefix: '' }, destination: { prefix: '' } };
    expect(scopeOf(parse(input, bounds), bounds)).toBe('pair');
  });
});

function parse(input: unknown, bounds: PairBounds) {
  return parseRequest(input, bounds, WORK);
}

function expectOutside(input: unknown, bounds: PairBounds, words: string): void {
  const parsing = () => parse(input, bounds);
  expect(parsing).toThrow(expect.objectContaining({ name: 'OutsidePair' }));
  expect(parsing).toThrow(words);
}
