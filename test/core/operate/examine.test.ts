import { describe, expect, it } from '@jest/globals';
import { examine } from '../../../core/operate/doctor/examine.js';
import type { BucketFacts, InventorySettings, PairFacts } from '../../../core/operate/doctor/facts.js';
import { judgeRun } from '../../../core/operate/doctor/judge-run.js';
import type { PairBounds } from '../../../contracts/pair.js';

const NOW = Date.parse('2026-02-01T06:00:00Z');
const STACK = { account: '111122223333', region: 'eu-central-1' };
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd';
const ROLE = 'arn:aws:iam::999999999999:role/copier';
const BOUNDS: PairBounds = {
  source: { bucket: 'photos', prefix: '2023/' },
  destination: { bucket: 'copies' },
  inventory: { bucket: 'inventories', prefix: 'daily', configId: 'all' },
  maxConcurrency: 50,
};
const SETTINGS: InventorySettings = {
  isEnabled: true,
  format: 'CSV',
  bucket: 'inventories',
  prefix: 'daily',
  fields: ['Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'EncryptionStatus'],
  filter: '',
  versions: 'Current',
};

const seen = <T>(value: T) => ({ kind: 'seen', value }) as const;
const refused = (code: string) => ({ kind: 'refused', code }) as const;

function bucket(name: string, more: Partial<BucketFacts> = {}): BucketFacts {
  return {
    bucket: name,
    region: seen('eu-central-1'),
    owner: 'asExpected',
    versioning: seen('Enabled'),
    encryption: seen({ algorithm: 'AES256', key: undefined }),
    policy: seen(undefined),
    ...more,
  };
}

/** A pair that nothing is wrong with, but for what is given. */
function facts(more: Partial<PairFacts> = {}): PairFacts {
  return {
    source: bucket('photos'),
    destination: bucket('copies'),
    inventory: bucket('inventories'),
    work: bucket('work-bucket'),
    configuration: seen(SETTINGS),
    newest: { kind: 'found', address: 's3://inventories/manifest.json', createdAt: NOW - 3_600_000 },
    holder: seen(undefined),
    ...more,
  };
}

const configuration = (more: Partial<InventorySettings>) => ({ configuration: seen({ ...SETTINGS, ...more }) });
const unusable = { kind: 'unusable', name: 'ManifestNotFound', message: 'There are none. Wait for 48 hours.' } as const;
const source = (more: Partial<BucketFacts>) => ({ source: bucket('photos', more) });
const destination = (more: Partial<BucketFacts>) => ({ destination: bucket('copies', more) });
const kms = (key: string | undefined) => ({ encryption: seen({ algorithm: 'aws:kms', key }) });
const policy = (...statements: object[]) => ({ policy: seen(JSON.stringify({ Statement: statements })) });
const DENY = { Sid: 'OnlyFromOurNetwork', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' };

interface Row {
  title: string;
  facts: Partial<PairFacts>;
  bounds?: Partial<PairBounds>;
  check: string;
  level: 'ok' | 'note' | 'stop';
  /** Of what was found, and what to do. */
  says?: RegExp;
}

const ROWS: Row[] = [
  {
    title: 'a bucket that is there',
    facts: {},
    check: 'source bucket',
    level: 'ok',
    says: /eu-central-1, of account 1111/,
  },
  {
    title: 'a side that is reached by a role',
    facts: {},
    bounds: { destination: { bucket: 'copies', roleArn: ROLE, externalId: 'id-7' } },
    check: 'destination role',
    level: 'ok',
    says: /by arn:aws:iam::999999999999:role\/copier; what follows was looked at with your own credentials/,
  },
  {
    title: 'no such bucket',
    facts: source({ region: refused('NotFound') }),
    check: 'source bucket',
    level: 'stop',
    says: /no such bucket.*Create it/,
  },
  {
    title: 'no such work bucket',
    facts: { work: bucket('work-bucket', { region: refused('NotFound') }) },
    check: 'work bucket',
    level: 'stop',
  },
  {
    title: 'a bucket that you may not look at',
    facts: source({ region: refused('AccessDenied') }),
    check: 'source bucket',
    level: 'note',
    says: /You may not look.*s3:ListBucket/,
  },
  {
    title: 'a bucket in another Region',
    facts: source({ region: seen('us-west-2') }),
    check: 'source bucket',
    level: 'note',
    says: /us-west-2.*region: us-west-2/,
  },
  {
    title: 'a bucket in the Region that the pair names',
    facts: destination({ region: seen('us-west-2') }),
    bounds: { destination: { bucket: 'copies', region: 'us-west-2' } },
    check: 'destination bucket',
    level: 'ok',
  },
  {
    title: 'a bucket of another account than the pair names',
    facts: destination({ owner: 'another' }),
    bounds: { destination: { bucket: 'copies', account: '444455556666' } },
    check: 'destination bucket',
    level: 'stop',
    says: /S3 refuses every call/,
  },
  {
    title: 'a bucket of another account that the pair does not name',
    facts: destination({ owner: 'another' }),
    check: 'destination bucket',
    level: 'note',
    says: /Name its account/,
  },
  {
    title: 'the work bucket of another account',
    facts: { work: bucket('work-bucket', { owner: 'another' }) },
    check: 'work bucket',
    level: 'stop',
  },

  { title: 'versioning enabled', facts: {}, check: 'source versioning', level: 'ok' },
  {
    title: 'versioning suspended',
    facts: source({ versioning: seen('Suspended') }),
    check: 'source versioning',
    level: 'note',
    says: /suspended.*live replication needs it/,
  },
  {
    title: 'no versioning',
    facts: destination({ versioning: seen('Off') }),
    check: 'destination versioning',
    level: 'note',
    says: /off/,
  },
  {
    title: 'a server without versioning',
    facts: source({ versioning: refused('NotImplemented') }),
    check: 'source versioning',
    level: 'note',
    says: /nothing is to be done/,
  },

  { title: 'SSE-S3', facts: {}, check: 'source encryption', level: 'ok' },
  {
    title: 'SSE-S3 where the pair names a key',
    facts: {},
    bounds: { source: { bucket: 'photos', kmsKeyArn: KEY } },
    check: 'source encryption',
    level: 'note',
  },
  {
    title: 'the key that the pair names',
    facts: destination(kms(KEY)),
    bounds: { destination: { bucket: 'copies', kmsKeyArn: KEY } },
    check: 'destination encryption',
    level: 'ok',
  },
  {
    title: 'the key that the pair names, by its id',
    facts: destination(kms('1234abcd')),
    bounds: { destination: { bucket: 'copies', kmsKeyArn: KEY } },
    check: 'destination encryption',
    level: 'ok',
  },
  {
    title: 'another key than the pair names',
    facts: destination(kms(`${KEY}0`)),
    bounds: { destination: { bucket: 'copies', kmsKeyArn: KEY } },
    check: 'destination encryption',
    level: 'stop',
    says: /may use no other/,
  },
  {
    title: 'a key where the pair names none',
    facts: source(kms(KEY)),
    check: 'source encryption',
    level: 'stop',
    says: /as kmsKeyArn in the pair/,
  },
  {
    title: 'an alias',
    facts: source(kms('alias/photos')),
    check: 'source encryption',
    level: 'note',
    says: /Compare by hand/,
  },
  {
    title: 'the key that AWS keeps for S3',
    facts: source(kms(undefined)),
    check: 'source encryption',
    level: 'note',
    says: /aws\/s3/,
  },
  {
    title: 'the same by its alias',
    facts: source(kms('arn:aws:kms:eu-central-1:111122223333:alias/aws/s3')),
    check: 'source encryption',
    level: 'note',
    says: /aws\/s3/,
  },
  { title: 'ETags that are checksums', facts: {}, check: 'ETags', level: 'ok' },
  {
    title: 'ETags that are none',
    facts: destination(kms(KEY)),
    bounds: { destination: { bucket: 'copies', kmsKeyArn: KEY } },
    check: 'ETags',
    level: 'note',
    says: /s3:\/\/copies, where an ETag is no checksum/,
  },

  { title: 'no bucket policy', facts: {}, check: 'source policy', level: 'ok', says: /none/ },
  {
    title: 'a Deny that could meet us',
    facts: source(policy({ Effect: 'Allow', Action: 's3:*' }, DENY)),
    check: 'source policy',
    level: 'note',
    says: /statement "OnlyFromOurNetwork"/,
  },
  {
    title: 'one without a Sid',
    facts: source(policy({ ...DENY, Sid: undefined })),
    check: 'source policy',
    level: 'note',
    says: /statement number 1, without a Sid/,
  },
  {
    title: 'a Deny by a pattern, in other letters',
    facts: source(policy({ ...DENY, Action: ['S3:getobject*'] })),
    check: 'source policy',
    level: 'note',
    says: /statement "OnlyFromOurNetwork"/,
  },
  {
    title: 'a Deny of all but what we do not do',
    facts: source(policy({ ...DENY, Action: undefined, NotAction: 's3:Delete*' })),
    check: 'source policy',
    level: 'note',
    says: /statement "OnlyFromOurNetwork"/,
  },
  {
    title: 'a Deny of what we do not do',
    facts: source(policy({ ...DENY, Action: ['s3:DeleteObject*', 's3:PutObject'] })),
    check: 'source policy',
    level: 'ok',
    says: /nothing that denies what a run does/,
  },
  {
    title: 'a Deny without TLS',
    facts: source(policy({ ...DENY, Condition: { Bool: { 'aws:SecureTransport': 'false' } } })),
    check: 'source policy',
    level: 'ok',
  },
  {
    title: 'a Deny with TLS',
    facts: source(policy({ ...DENY, Condition: { Bool: { 'aws:SecureTransport': 'true' } } })),
    check: 'source policy',
    level: 'note',
    says: /statement "OnlyFromOurNetwork"/,
  },
  {
    title: 'a Deny of a service',
    facts: source(policy({ ...DENY, Principal: { Service: 'cloudtrail.amazonaws.com' } })),
    check: 'source policy',
    level: 'ok',
  },
  {
    title: 'a Deny of all but somebody',
    facts: destination(policy({ ...DENY, Principal: undefined, NotPrincipal: { AWS: '1' } })),
    check: 'destination policy',
    level: 'note',
    says: /statement "OnlyFromOurNetwork"/,
  },
  {
    title: 'a policy in another form',
    facts: source({ policy: seen('[') }),
    check: 'source policy',
    level: 'note',
    says: /by hand/,
  },
  {
    title: 'a policy that you may not read',
    facts: source({ policy: refused('MethodNotAllowed') }),
    check: 'source policy',
    level: 'note',
    says: /You may not look/,
  },

  { title: 'a configuration as it should be', facts: {}, check: 'inventory configuration', level: 'ok' },
  {
    title: 'no configuration, and no inventory',
    facts: { configuration: seen(undefined), newest: unusable },
    check: 'inventory configuration',
    level: 'stop',
    says: /48 hours/,
  },
  {
    title: 'no configuration, and an inventory yet',
    facts: { configuration: seen(undefined) },
    check: 'inventory configuration',
    level: 'note',
  },
  {
    title: 'one that is disabled, and no inventory',
    facts: { ...configuration({ isEnabled: false }), newest: unusable },
    check: 'inventory configuration',
    level: 'stop',
    says: /Enable it/,
  },
  {
    title: 'one that delivers elsewhere, and no inventory',
    facts: { ...configuration({ bucket: 'other' }), newest: unusable },
    check: 'inventory configuration',
    level: 'stop',
    says: /s3:\/\/other\/daily/,
  },
  {
    title: 'one that is no CSV',
    facts: configuration({ format: 'Parquet' }),
    check: 'inventory configuration',
    level: 'stop',
    says: /Parquet.*CSV/,
  },
  {
    title: 'a filter that hides a part of the pair',
    facts: configuration({ filter: '2023/summer/' }),
    check: 'inventory configuration',
    level: 'stop',
    says: /without a word/,
  },
  {
    title: 'a filter that hides none of it',
    facts: configuration({ filter: '2023' }),
    check: 'inventory configuration',
    level: 'ok',
  },
  { title: 'all versions', facts: configuration({ versions: 'All' }), check: 'inventory configuration', level: 'note' },
  {
    title: 'one that you may not read',
    facts: { configuration: refused('AccessDenied') },
    check: 'inventory configuration',
    level: 'note',
    says: /s3:GetInventoryConfiguration/,
  },
  { title: 'all fields', facts: {}, check: 'inventory fields', level: 'ok' },
  {
    title: 'no ETag',
    facts: configuration({ fields: ['Size', 'LastModifiedDate', 'StorageClass', 'EncryptionStatus'] }),
    check: 'inventory fields',
    level: 'note',
    says: /Add ETag: without it each object is looked up by a HEAD/,
  },
  {
    title: 'no StorageClass',
    facts: configuration({ fields: ['Size', 'LastModifiedDate', 'ETag', 'EncryptionStatus'] }),
    check: 'inventory fields',
    level: 'note',
    says: /Add StorageClass: storageClasses can choose/,
  },

  { title: 'an inventory of today', facts: {}, check: 'newest inventory', level: 'ok', says: /taken 2026-02-01T05:00/ },
  {
    title: 'one of three days ago',
    facts: { newest: { kind: 'found', address: 's3://i/m', createdAt: NOW - 3 * 86_400_000 } },
    check: 'newest inventory',
    level: 'note',
    says: /3 days ago/,
  },
  {
    title: 'none',
    facts: { newest: unusable },
    check: 'newest inventory',
    level: 'stop',
    says: /ManifestNotFound: There are none\. Wait for 48 hours\./,
  },
  {
    title: 'one that you may not read',
    facts: { newest: refused('AccessDenied') },
    check: 'newest inventory',
    level: 'note',
    says: /s3:GetObject/,
  },

  { title: 'a lock that nobody holds', facts: {}, check: 'lock', level: 'ok' },
  {
    title: 'a lock that a run holds',
    facts: { holder: seen('nightly') },
    check: 'lock',
    level: 'note',
    says: /nightly works on it.*PairBusy/,
  },
  { title: 'a lock that you may not read', facts: { holder: refused('AccessDenied') }, check: 'lock', level: 'note' },
];

describe('The doctor judges what was looked up', () => {
  it.each(ROWS.map((row) => [`${row.check}: ${row.title} is ${row.level}`, row] as const))('%s', (_, row) => {
    const findings = examine(facts(row.facts), { ...BOUNDS, ...row.bounds }, STACK, NOW);
    const found = findings.filter(({ check }) => check === row.check);
    expect(found).toHaveLength(1);
    expect(found[0]?.level).toBe(row.level);
    if (row.says) expect(Object.values(found[0] ?? {}).join(' ')).toMatch(row.says);
    // Nothing else gets in the way by it.
    const others = findings.filter(({ check, level }) => check !== row.check && level === 'stop');
    expect(others.map(({ check }) => check)).toEqual(
      row.facts.newest === unusable && row.check !== 'newest inventory' ? ['newest inventory'] : [],
    );
  });

  it('says nothing more of a bucket that is not there', () => {
    const findings = examine(facts(source({ region: refused('NotFound') })), BOUNDS, STACK, NOW);
    const ofSource = findings
      .map(({ check }) => check)
      .filter((check) => /^(?:source|inventory (?:conf|fields))/.test(check));
    expect(ofSource).toEqual(['source bucket']);
  });
});

describe('The doctor judges what the roles of the pair came to', () => {
  const run = { name: 'doctor-1', error: undefined, message: '', summary: undefined, failures: [], states: [] };
  it.each([
    ['a run that succeeded', { ...run, status: 'SUCCEEDED' }, 'ok', /can be read/],
    [
      'a destination that cannot be written',
      {
        ...run,
        status: 'FAILED',
        error: 'DestinationUnwritable',
        message: 's3://copies cannot be written: S3 answered AccessDenied. Allow s3:PutObject.',
      },
      'stop',
      /DestinationUnwritable: s3:\/\/copies cannot be written: S3 answered AccessDenied\. Allow s3:PutObject\./,
    ],
    [
      'a function that fails without a word of ours',
      { ...run, status: 'FAILED', error: 'Runtime.ImportModuleError' },
      'stop',
      /Runtime\.ImportModuleError .*s3-backfill history doctor-1/,
    ],
    [
      'another run that works on the pair',
      { ...run, status: 'FAILED', error: 'PairBusy', message: 'Busy. Wait.' },
      'note',
      /Wait for that run/,
    ],
    ['one that was stopped', { ...run, status: 'ABORTED' }, 'note', /try again/],
  ])('%s', (_, ended, level, says) => {
    const finding = judgeRun({ kind: 'ended', run: ended });
    expect(finding.level).toBe(level);
    expect(Object.values(finding).join(' ')).toMatch(says);
  });

  it('one that was not started', () => {
    expect(judgeRun({ kind: 'notStarted', why: 'You may not.' })).toMatchObject({
      level: 'note',
      remedy: 'You may not.',
    });
  });
});
