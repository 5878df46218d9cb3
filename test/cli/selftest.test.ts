import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PairBounds } from '../../contracts/pair.js';
import { selfTestObjects } from '../../core/operate/selftest/objects.js';
import type { EngineOptions } from '../../local/engine.js';
import { openEngine, type EngineUnderTest } from '../support/engine.js';
import { boundsOf, newWorld, type World } from '../support/world.js';
import { environmentOf, type, type Typed, type World as Typing } from './support/command-line.js';

const N = selfTestObjects.length;
const STEPS = [
  'write objects',
  'write manifest',
  'dry run',
  'nothing written',
  'first run',
  'compare objects',
  'second run',
  'remove',
];

let opened: EngineUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

interface Bound {
  test: EngineUnderTest;
  world: World;
  selftest: (typing?: Typing) => Promise<Typed>;
  /** Every object of the three buckets, but for the lock, which a run leaves as it should. */
  everything: () => Record<string, string>;
}

/** An engine with pair `photos` between two buckets that hold something already. */
async function open(more: Partial<PairBounds> = {}, engine: EngineOptions = {}): Promise<Bound> {
  const test = await openEngine({
    engine,
    pipeline: { pair: 'photos', bounds: boundsOf('bound', more), retryDelayMs: 1 },
  });
  opened = test;
  const world = newWorld(test, 'bound');
  world.put('photos/before.txt');
  test.engine.s3.putObject(world.destination, 'theirs.txt', Buffer.from('theirs'));
  return {
    test,
    world,
    selftest: (typing = {}) =>
      type(`selftest --pair photos --endpoint-url ${test.engine.endpoint}`, {
        env: environmentOf(test.engine),
        ...typing,
      }),
    everything: () =>
      Object.fromEntries(
        [world.source, world.destination, world.inventory, test.pipeline.workBucket].flatMap((bucket) =>
          Object.entries(world.contents(bucket))
            .filter(([key]) => !key.startsWith('locks/'))
            .map(([key, body]) => [`${bucket}/${key}`, body]),
        ),
      ),
  };
}

/** `ok` or `failed` of each step, by its title. */
function stepsOf(stdout: string): [verdict: string, title: string][] {
  return [...stdout.matchAll(/^(ok|failed) +(.+?) {2,}[\d.]+ s {2}/gm)].map(([, verdict = '', title = '']) => [
    verdict,
    title,
  ]);
}

describe('s3-backfill selftest', () => {
  it('writes, copies, proves and compares a few objects, and leaves all buckets as they were', async () => {
    const { selftest, everything } = await open();
    const before = everything();
    const { code, stdout, stderr } = await selftest();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stepsOf(stdout)).toEqual(STEPS.map((title) => ['ok', title]));
    expect(stdout).toMatch(new RegExp(`^ok +dry run .* nothing was written; ${N + 1} to copy, 0 there already$`, 'm'));
    expect(stdout).toMatch(
      new RegExp(`^ok +first run .* Verified: ${N} copied, 0 identical, 1 gone, no failures$`, 'm'),
    );
    expect(stdout).toMatch(new RegExp(`^ok +second run .* Verified: 0 copied, ${N} identical, 1 gone`, 'm'));
    expect(stdout).toMatch(/\nPair photos works\.\n$/);
    expect(everything()).toEqual(before);
  });

  it('stays under the prefixes of the pair, the destination’s in the place of the source’s', async () => {
    const { test, world, selftest } = await open({
      source: { bucket: 'bound-source', prefix: 'photos/' },
      destination: { bucket: 'bound-destination', prefix: 'copies/of/', storageClass: 'DEEP_ARCHIVE' },
    });
    const written = new Set<string>();
    for (const operation of ['PutObject', 'CopyObject'] as const)
      test.engine.s3.faults.add({
        operation,
        effect: { call: ({ bucket, key }) => void written.add(`${bucket}/${key}`) },
      });
    expect(await selftest()).toMatchObject({ code: 0, stderr: '' });
    const [atSource, atDestination] = [world.source, world.destination].map((bucket) =>
      [...written].filter((address) => address.startsWith(`${bucket}/`)),
    );
    expect(atSource).toHaveLength(N);
    // The object that never was is tried, too.
    expect(atDestination).toHaveLength(N + 1);
    for (const address of atSource ?? [])
      expect(address).toMatch(/^bound-source\/photos\/s3-backfill-selftest\/[\w-]+\//);
    for (const address of atDestination ?? [])
      expect(address).toMatch(/^bound-destination\/copies\/of\/s3-backfill-selftest\/[\w-]+\//);
  });

  it('says which permission an object lacks, and removes what it made', async () => {
    const { test, world, selftest, everything } = await open();
    const before = everything();
    test.engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      key: (key) => key.endsWith('plus+sign.txt'),
      effect: { error: 'AccessDenied' },
    });
    const { code, stdout } = await selftest();
    expect(code).toBe(1);
    expect(stepsOf(stdout).slice(-2)).toEqual([
      ['failed', 'first run'],
      ['ok', 'remove'],
    ]);
    expect(stdout).toMatch(
      new RegExp(
        `^failed +first run .*expected the execution to succeed; found VerificationIncomplete: 1 of ${N + 1} objects .*AccessDenied of s3-backfill-selftest/[\\w-]+/plus\\+sign\\.txt.*Allow s3:GetObject`,
        'm',
      ),
    );
    expect(stdout).toMatch(/\nPair photos did not pass its self-test\.\n$/);
    expect(everything()).toEqual(before);
  });

  it('says that the destination is not there, and removes what it made', async () => {
    const { test, world, selftest } = await open();
    for (const { key } of test.engine.s3.listObjects(world.destination))
      test.engine.s3.deleteObject(world.destination, key);
    await test.s3.send(new DeleteBucketCommand({ Bucket: world.destination }));
    const { code, stdout } = await selftest();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +dry run .* found DestinationUnwritable: s3:\/\/bound-destination cannot be written: S3 answered NoSuchBucket\. Check its name, or make it\./m,
    );
    expect(stepsOf(stdout).at(-1)).toEqual(['ok', 'remove']);
    expect(Object.keys(world.contents(world.source))).toEqual(['photos/before.txt']);
  });

  it('says that another run works on the pair, and leaves that one alone', async () => {
    const { test, world, selftest } = await open();
    world.takeInventory();
    const held = gate();
    const reached = gate();
    test.engine.s3.faults.add({
      operation: 'CopyObject',
      key: 'photos/before.txt',
      times: 1,
      effect: { call: () => (reached.open(), held.opened) },
    });
    const theirs = await test.start({}, 'theirs');
    await reached.opened;
    const { code, stdout } = await selftest();
    held.open();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +dry run .* found PairBusy: Execution theirs is working .* Wait for that run, or stop it/m,
    );
    expect(await test.ended(theirs)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('finds that tags do not come along', async () => {
    const { test, world, selftest } = await open();
    // Written over by somebody without its tags, just before it is looked at.
    test.engine.s3.faults.add({
      operation: 'GetObject',
      bucket: world.destination,
      key: (key) => key.endsWith('described.json'),
      times: 1,
      effect: {
        call: ({ key }) => {
          const { body = Buffer.alloc(0) } = test.engine.s3.getObject(world.destination, key) ?? {};
          test.engine.s3.putObject(world.destination, key, body, {
            contentType: 'application/json',
            metadata: { 'written-by': 's3-backfill-selftest', note: 'a = b; c' },
          });
        },
      },
    });
    const { code, stdout } = await selftest();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +compare objects .*described\.json with the tags \{"may be deleted":"yes".*\}; found \{\}\. Allow s3:GetObjectTagging/m,
    );
  });

  it('notices a dry run that writes', async () => {
    const { test, world, selftest } = await open();
    // Somebody else writes there meanwhile: for the self-test it is the same.
    test.engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      times: 1,
      effect: { call: () => copyAll(test, world) },
    });
    const { code, stdout } = await selftest();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +nothing written .* found s3-backfill-selftest\/\S+\/.*, which is no replica\. See what/m,
    );
  });

  it('interrupted, stops its run, removes what it made and says so', async () => {
    const { test, world, selftest, everything } = await open();
    const before = everything();
    const interrupt = new AbortController();
    test.engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      times: 1,
      effect: { call: () => interrupt.abort() },
    });
    const { code, stdout } = await selftest({ interrupt: interrupt.signal });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed +first run .* found an interruption\./m);
    expect(stepsOf(stdout).at(-1)).toEqual(['ok', 'remove']);
    const { executions = [] } = await test.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: test.pipeline.stateMachineArn }),
    );
    expect(executions.map(({ name, status }) => [name?.split('-').at(-1), status])).toEqual([
      ['first', 'ABORTED'],
      ['dry', 'SUCCEEDED'],
    ]);
    expect(everything()).toEqual(before);
  });

  it('says what it could not remove', async () => {
    const { test, world, selftest } = await open();
    test.engine.s3.faults.add({
      operation: 'DeleteObjects',
      bucket: world.destination,
      effect: { error: 'AccessDenied' },
    });
    const { code, stdout } = await selftest();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +remove .* found s3:\/\/bound-destination\/s3-backfill-selftest\/[\w-]+\/ \(Access Denied\)\. Remove it by hand; allow/m,
    );
    expect(Object.keys(world.contents(world.source))).toEqual(['photos/before.txt']);
  });

  it('needs no more than its --help names', async () => {
    const { stdout: help } = await type('selftest --help');
    const allowed = new Set(help.match(/\b(?:s3|dynamodb|states):[A-Z]\w+/g));
    const denied = new Set<string>();
    const { test, selftest } = await open(
      {},
      {
        access: {
          permits: ({ principal, action }) => {
            if (!principal.endsWith(':user/operator')) return true;
            if (allowed.has(action)) return true;
            denied.add(action);
            return false;
          },
        },
      },
    );
    const typed = await selftest({ env: operatorOf(test) });
    expect([...denied]).toEqual([]);
    expect(typed).toMatchObject({ code: 0, stderr: '' });
  });

  it('says what you may not do, where S3 refuses you', async () => {
    const { test, selftest } = await open(
      {},
      {
        access: {
          permits: ({ principal, action }) => !principal.endsWith(':user/operator') || action !== 's3:PutObject',
        },
      },
    );
    const { code, stdout } = await selftest({ env: operatorOf(test) });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^failed +write objects .* for your own credentials; found AccessDenied: .* allow what `s3-backfill selftest --help`/m,
    );
  });

  it('of a pair that takes its buckets from each request, there is none', async () => {
    const test = await openEngine({ pipeline: { pair: 'photos' } });
    opened = test;
    for (const command of ['selftest', 'doctor'])
      expect(
        await type(`${command} --pair photos --endpoint-url ${test.engine.endpoint}`, {
          env: environmentOf(test.engine),
        }),
      ).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^s3-backfill: Pair "photos" was deployed without buckets, .*\n$/),
      });
  });
});

/** The environment of somebody who has only what he was allowed. */
function operatorOf({ engine }: EngineUnderTest): Record<string, string> {
  engine.identities.add({
    accessKeyId: 'OPERATOR',
    secretAccessKey: 'secret-of-the-operator',
    principalArn: `arn:aws:iam::${engine.accountId}:user/operator`,
  });
  return {
    AWS_DEFAULT_REGION: engine.region,
    AWS_ACCESS_KEY_ID: 'OPERATOR',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-operator',
  };
}

function copyAll({ engine }: EngineUnderTest, { source, destination }: World): void {
  for (const { key } of engine.s3.listObjects(source, 's3-backfill-selftest/'))
    engine.s3.putObject(destination, key, engine.s3.getObject(source, key)?.body ?? Buffer.alloc(0));
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
