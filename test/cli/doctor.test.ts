import {
  DeleteBucketCommand,
  DeleteBucketInventoryConfigurationCommand,
  PutBucketInventoryConfigurationCommand,
  type InventoryConfiguration,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PairBounds } from '../../contracts/pair.js';
import type { Finding } from '../../core/operate/doctor/finding.js';
import type { EngineOptions } from '../../local/engine.js';
import { openEngine, type EngineUnderTest } from '../support/engine.js';
import { boundsOf, newWorld, type World } from '../support/world.js';
import { environmentOf, type, type Typed, type World as Typing } from './support/command-line.js';

const FIELDS = ['Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'EncryptionStatus'];

let opened: EngineUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

interface Good {
  test: EngineUnderTest;
  world: World;
  doctor: (words?: string, typing?: Typing) => Promise<Typed>;
  /** Puts the configuration of the source again, which delivers an inventory where it is enabled. */
  configure: (changed?: Partial<InventoryConfiguration>) => Promise<unknown>;
}

/** A pair that nothing is wrong with. */
async function openGood(more: Partial<PairBounds> = {}, engine: EngineOptions = {}): Promise<Good> {
  const test = await openEngine({ engine, pipeline: { pair: 'photos', bounds: boundsOf('good', more) } });
  opened = test;
  const world = newWorld(test, 'good');
  world.put('a.jpg');
  const configure = (changed: Partial<InventoryConfiguration> = {}) =>
    test.s3.send(
      new PutBucketInventoryConfigurationCommand({
        Bucket: world.source,
        Id: 'all',
        InventoryConfiguration: {
          Id: 'all',
          IsEnabled: true,
          IncludedObjectVersions: 'Current',
          Schedule: { Frequency: 'Daily' },
          Destination: {
            S3BucketDestination: { Bucket: `arn:aws:s3:::${world.inventory}`, Format: 'CSV', Prefix: 'inventory' },
          },
          OptionalFields: FIELDS as NonNullable<InventoryConfiguration['OptionalFields']>,
          ...changed,
        },
      }),
    );
  await configure();
  return {
    test,
    world,
    configure,
    doctor: (words = '', typing = {}) =>
      type(`doctor --pair photos --endpoint-url ${test.engine.endpoint}${words}`, {
        env: environmentOf(test.engine),
        ...typing,
      }),
  };
}

/** The checks that say so, of what --json printed. */
function checksOf({ stdout }: Typed, level: Finding['level']): string[] {
  return (JSON.parse(stdout) as Finding[]).filter((finding) => finding.level === level).map(({ check }) => check);
}

describe('s3-backfill doctor', () => {
  it('says that all is well, and leaves nothing behind', async () => {
    const { test, doctor } = await openGood();
    const { code, stdout, stderr } = await doctor();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/^stop/m);
    expect(stdout).toMatch(/^ok {4}source bucket {12}s3:\/\/good-source in us-east-1, of account 123456789012$/m);
    expect(stdout).toMatch(/^ok {4}inventory configuration {2}all of s3:\/\/good-source, enabled, CSV/m);
    expect(stdout).toMatch(
      /^ok {4}newest inventory {9}s3:\/\/good-inventory\/inventory\/good-source\/all\/.*, taken /m,
    );
    expect(stdout).toMatch(/^ok {4}run over nothing {9}as the pair's own roles: the source can be read/m);
    expect(stdout).toMatch(/\nNothing found that stops a run\.\n$/);
    // No versions on the engine: the only thing that it is told of.
    expect(stdout.match(/^note .*$/gm)).toEqual([
      expect.stringMatching(/source versioning .* live replication needs it/),
      expect.stringMatching(/destination versioning/),
    ]);
    expect([...test.engine.s3.listObjects(test.pipeline.workBucket)].map(({ key }) => key)).toEqual([
      'locks/photos.json',
    ]);
  });

  it('--json has the findings, and --no-run starts nothing', async () => {
    const { test, doctor } = await openGood();
    const typed = await doctor(' --no-run --json');
    expect(typed).toMatchObject({ code: 0, stderr: '' });
    expect(checksOf(typed, 'stop')).toEqual([]);
    expect(JSON.parse(typed.stdout)).toContainEqual({ check: 'lock', level: 'ok', found: 'no run works on the pair' });
    expect(checksOf(typed, 'ok')).not.toContain('run over nothing');
    expect([...test.engine.s3.listObjects(test.pipeline.workBucket)]).toEqual([]);
  });

  it.each([
    [
      'a missing inventory configuration, while there is an inventory yet',
      async ({ test, world }: Good) =>
        test.s3.send(new DeleteBucketInventoryConfigurationCommand({ Bucket: world.source, Id: 'all' })),
      /^note +inventory configuration +expected all of s3:\/\/good-source; found no such configuration\. Make it/m,
    ],
    [
      'fields without which each object is looked up',
      ({ configure, test }: Good) => {
        for (const { key } of test.engine.s3.listObjects('good-inventory'))
          test.engine.s3.deleteObject('good-inventory', key);
        return configure({ OptionalFields: ['Size'] });
      },
      /^note +inventory fields +expected also LastModifiedDate and ETag and .*; found Size\. Add .*: without it each object is looked up by a HEAD/m,
    ],
    [
      'fields that are worth having',
      ({ configure }: Good) => configure({ OptionalFields: ['Size', 'LastModifiedDate', 'ETag'] }),
      /^note +inventory fields +expected also StorageClass and EncryptionStatus; found Size, LastModifiedDate, ETag\. Add /m,
    ],
    [
      'a configuration that delivers elsewhere',
      ({ configure, world }: Good) =>
        configure({
          Destination: {
            S3BucketDestination: { Bucket: `arn:aws:s3:::${world.inventory}`, Format: 'CSV', Prefix: 'elsewhere' },
          },
        }),
      /^note +inventory configuration .*delivering to s3:\/\/good-inventory\/inventory; found it delivers to s3:\/\/good-inventory\/elsewhere/m,
    ],
    [
      'that there was no delivery yet',
      async ({ configure, test }: Good) => {
        await configure({ IsEnabled: false });
        for (const { key } of test.engine.s3.listObjects('good-inventory'))
          test.engine.s3.deleteObject('good-inventory', key);
      },
      /^stop +inventory configuration +.*it is disabled\. Enable it\.\nstop +newest inventory +.*ManifestNotFound: .*up to 48 hours/m,
    ],
    [
      'a delivery that has no end',
      ({ test }: Good) => {
        for (const { key } of test.engine.s3.listObjects('good-inventory'))
          if (key.endsWith('.checksum')) test.engine.s3.deleteObject('good-inventory', key);
      },
      /^stop +newest inventory +.*ManifestIncomplete: .*Wait for the delivery to end\.$/m,
    ],
    [
      'an inventory that has grown old',
      ({ test, world }: Good) => {
        for (const { key } of test.engine.s3.listObjects('good-inventory'))
          test.engine.s3.deleteObject('good-inventory', key);
        test.engine.s3.deliverInventory({
          bucket: world.source,
          destinationBucket: world.inventory,
          prefix: 'inventory',
          configId: 'all',
          at: Date.now() - 5.5 * 86_400_000,
        });
      },
      /^note +newest inventory +expected one of the last 3 days; found .*, 5 days ago\. See that/m,
    ],
    [
      'a bucket that is not there',
      ({ test, world }: Good) => test.s3.send(new DeleteBucketCommand({ Bucket: world.destination })),
      /^stop +destination bucket +expected a bucket s3:\/\/good-destination; found no such bucket\. Create it[^]*^stop +run over nothing .*DestinationUnwritable: .*NoSuchBucket/m,
    ],
    [
      'a destination that the pair’s role may not write',
      ({ test, world }: Good) =>
        void test.engine.s3.faults.add({
          operation: 'CreateMultipartUpload',
          bucket: world.destination,
          effect: { error: 'AccessDenied' },
        }),
      /^stop +run over nothing +expected .*; found DestinationUnwritable: s3:\/\/good-destination cannot be written: S3 answered AccessDenied\. Allow s3:ListBucket, s3:PutObject/m,
    ],
  ])('finds %s', async (_, spoil: (good: Good) => unknown, expected) => {
    const good = await openGood();
    await spoil(good);
    const { code, stdout } = await good.doctor();
    expect(stdout).toMatch(expected);
    expect(code).toBe(/^stop/m.test(stdout) ? 1 : 0);
    expect(code).toBe(expected.source.includes('^stop') ? 1 : 0);
  });

  it('finds a bucket of another account', async () => {
    const { doctor } = await openGood({ destination: { bucket: 'good-destination', account: '210987654321' } });
    const { code, stdout } = await doctor(' --no-run');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^stop +destination bucket +expected s3:\/\/good-destination of account 210987654321; found it is another account’s/m,
    );
  });

  it('names the run that works on the pair, and starts none beside it', async () => {
    const { test, doctor } = await openGood();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      test.engine.s3.faults.add({
        operation: 'CopyObject',
        times: 1,
        effect: { call: () => (resolve(), released) },
      });
    });
    const theirs = await test.start({}, 'theirs');
    await reached;
    const { code, stdout } = await doctor();
    release();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note +lock +expected no run on the pair; found theirs works on it\. .*PairBusy/m);
    expect(stdout).toMatch(/^note +run over nothing .* found not tried\. It would be refused while theirs works/m);
    expect(await test.ended(theirs)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('says where you may not look, and judges the pair by what its own roles may', async () => {
    const mayNot = new Set([
      's3:GetBucketPolicy',
      's3:GetBucketVersioning',
      's3:GetEncryptionConfiguration',
      's3:GetInventoryConfiguration',
    ]);
    const { doctor, test } = await openGood(
      {},
      { access: { permits: ({ principal, action }) => !isOperator(principal) || !mayNot.has(action) } },
    );
    const typed = await doctor(' --json', { env: operatorOf(test) });
    expect(typed).toMatchObject({ code: 0, stderr: '' });
    const looks = (JSON.parse(typed.stdout) as Finding[]).flatMap((finding) =>
      finding.level === 'note' ? [finding] : [],
    );
    expect(looks.map(({ found }) => found)).toEqual(looks.map(() => 'AccessDenied'));
    expect(looks.map(({ check }) => check)).toEqual([
      'source versioning',
      'source encryption',
      'source policy',
      'destination versioning',
      'destination encryption',
      'destination policy',
      'inventory policy',
      'inventory configuration',
      'work policy',
    ]);
    expect(looks[0]?.remedy).toBe(
      'You may not look. Allow s3:GetBucketVersioning on s3://good-source to yourself, or ask whoever may.',
    );
  });

  it('says so where you may start no execution', async () => {
    const { doctor, test } = await openGood(
      {},
      { access: { permits: ({ principal, action }) => !isOperator(principal) || action !== 'states:StartExecution' } },
    );
    const { code, stdout, stderr } = await doctor('', { env: operatorOf(test) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^note +run over nothing .* found not tried\. .*may not do that.* Or say --no-run\.$/m);
    expect([...test.engine.s3.listObjects(test.pipeline.workBucket)]).toEqual([]);
  });

  it('needs no more than its --help names', async () => {
    const { stdout: help } = await type('doctor --help');
    const allowed = new Set(help.match(/\b(?:s3|dynamodb|states):[A-Z]\w+/g));
    const denied = new Set<string>();
    const { doctor, test } = await openGood(
      {},
      {
        access: {
          permits: ({ principal, action }) => {
            if (!isOperator(principal) || allowed.has(action)) return true;
            denied.add(action);
            return false;
          },
        },
      },
    );
    const typed = await doctor('', { env: operatorOf(test) });
    expect([...denied]).toEqual([]);
    expect(typed).toMatchObject({ code: 0, stderr: '' });
  });

  it('interrupted, stops its run and removes what it made', async () => {
    const { doctor, test } = await openGood();
    const interrupt = new AbortController();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    test.engine.s3.faults.add({
      operation: 'CreateMultipartUpload',
      times: 1,
      effect: { call: () => (interrupt.abort(), released) },
    });
    const { code, stdout } = await doctor('', { interrupt: interrupt.signal });
    release();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^note +run over nothing .* found ABORTED: .* It was stopped: try again\.\nInterrupted: /m);
    expect([...test.engine.s3.listObjects(test.pipeline.workBucket)].map(({ key }) => key)).toEqual([
      'locks/photos.json',
    ]);
  });
});

function isOperator(principal: string): boolean {
  return principal.endsWith(':user/operator');
}

/** The environment of somebody who has only what he was allowed. */
function operatorOf({ engine }: EngineUnderTest): Record<string, string> {
  const keys = { accessKeyId: 'OPERATOR', secretAccessKey: 'secret-of-the-operator' };
  engine.identities.add({ ...keys, principalArn: `arn:aws:iam::${engine.accountId}:user/operator` });
  return {
    AWS_DEFAULT_REGION: engine.region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  };
}
