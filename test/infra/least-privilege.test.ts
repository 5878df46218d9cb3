import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { enforcer, grantsOf, isAllowed, isUnder, roleOf, type Grant, type Policies } from '../support/iam.js';
import { PHOTOS, testApp } from './synthesize.js';

/** What is granted and used by no scenario here, and why it is granted all the same. */
const GRANTED_UNUSED: readonly { what: RegExp; why: string }[] = [
  {
    what: /^(?:\w+) logs:(?:CreateLogStream|PutLogEvents) /,
    why: 'Lambda writes the log itself; the engine has no CloudWatch Logs.',
  },
  { what: /^\w+ xray:/, why: 'Lambda and Step Functions send traces themselves; the engine has no X-Ray.' },
  {
    what: /^(?:State|Reconcile)Machine logs:/,
    why: 'Step Functions sets up the delivery of its log; the engine has no CloudWatch Logs.',
  },
  {
    what: /^StateMachine s3:(?:GetObject|ListMultipartUploadParts|AbortMultipartUpload) \S+\/(?:index|merge|copy|verify|listing)\/\*$/,
    why: 'AWS uploads the results of many children in parts and reads them back; the engine writes each file in one piece.',
  },
  {
    what: /^StateMachine states:(?:DescribeExecution|StopExecution|RedriveExecution) /,
    why: 'AWS follows, stops and redrives the children of a Map Run by it; the engine has them in its own hands.',
  },
  {
    what: /^Schedule sqs:SendMessage /,
    why: 'Scheduler leaves there what it could not start; the engine has no Scheduler.',
  },
  {
    what: /^\w+ s3:AbortMultipartUpload \S+BackfillWorkBucket/i,
    why: 'A file of more than 8 MiB that is given up half written: its parts are dropped.',
  },
];

let test: EngineUnderTest<DeployedStack>;
const calls = new Map<string, { call: AwsCall; allowed: boolean; count: number }>();

describe('The roles of a deployed pair, while its state machine and functions run on the engine', () => {
  beforeAll(async () => {
    test = await openDeployed((call, allowed) => {
      const id = JSON.stringify(call);
      const known = calls.get(id) ?? { call, allowed, count: 0 };
      known.count += 1;
      calls.set(id, known);
    });
    await playScenarios(test);
  }, 600_000);
  afterAll(() => test.close());

  it('allow every call that a run makes', async () => {
    const policies = policiesOf(test.pipeline);
    const refused: string[] = [];
    for (const { call } of calls.values()) {
      if (call.principal.endsWith(':root')) continue;
      if (!(await isAllowed(call, policies))) refused.push(`${roleOf(call.principal)} ${call.action} ${call.resource}`);
    }
    expect(refused).toEqual([]);
    expect(calls.size).toBeGreaterThan(100);
  });

  it('allow nothing that no run uses, but for what is listed with its reason', () => {
    const rows = grantsOf(test.pipeline.policies).map((grant) => ({ ...grant, calls: callsUnder(grant) }));
    printTable(rows);
    const unused = rows
      .filter(({ calls }) => calls === 0)
      .map(nameOf)
      .filter((name) => !GRANTED_UNUSED.some(({ what }) => what.test(name)));
    expect(unused).toEqual([]);
  });

  it('keep no reason for what is used after all, or not granted any more', () => {
    const unused = grantsOf(test.pipeline.policies)
      .filter((grant) => callsUnder(grant) === 0)
      .map(nameOf);
    for (const { what } of GRANTED_UNUSED) expect(unused.filter((name) => what.test(name))).not.toEqual([]);
  });

  it('do not reach beyond the pair: each resource of S3 is one of its buckets, under its prefix', () => {
    for (const { resource } of grantsOf(test.pipeline.policies).filter(({ action }) => action.startsWith('s3:')))
      expect(resource).toMatch(
        /^arn:aws:s3:::(?:photos|photos\/in\/\*|photos-replica|photos-replica\/out\/\*|inventories|inventories\/daily\/photos\/every-object\/\*|inventories\/daily\/photos-replica\/copies\/\*|backfillworkbucket\w+(?:\/\S+)?)$/,
      );
  });
});

describe('An engine that enforces the policies of the template', () => {
  it('runs the whole pair to Verified, and reconciles it the day after', async () => {
    let permits: ((call: AwsCall) => boolean) | undefined;
    const denied: string[] = [];
    const enforced = await openEngineWith(deployPhotos, {
      access: {
        permits: (call) => permits?.(call) ?? true,
        onCall: (call, allowed) => void (allowed || denied.push(`${call.principal} ${call.action} ${call.resource}`)),
      },
    });
    try {
      permits = enforcer(policiesOf(enforced.pipeline));
      fill(enforced.engine, 60);
      const ended = await enforced.startAndWait({});
      expect({ status: ended.status, cause: ended.cause, denied }).toEqual({ status: 'SUCCEEDED', denied: [] });
      expect(ended.output).toMatchObject({
        message: expect.stringMatching(/^62 of 62 objects are at the destination/),
        status: 'Verified',
        scope: 'pair',
        verified: { copied: 62 },
        links: {
          report: expect.stringMatching(/^s3:\/\/backfillworkbucket\w+\/runs\/.+\/report\/manifest\.json$/),
          dashboard:
            'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/s3-backfill-photos-us-east-1',
        },
      });
      enforced.engine.s3.deleteObject('photos-replica', 'out/1/object 0001');
      deliverBoth(enforced.engine);
      const daily = await enforced.ended(await enforced.pipeline.fireSchedule('2026-11-25T06:00:00Z'));
      expect({ status: daily.status, cause: daily.cause, denied }).toEqual({ status: 'SUCCEEDED', denied: [] });
      expect(daily.output).toMatchObject({ status: 'Repaired', way: 'difference', repaired: 1, verified: 62 });
    } finally {
      await enforced.close();
    }
  }, 300_000);

  it('denies a role what its policy does not say, as S3 words it: the run ends with the reason', async () => {
    const test = await openEngineWith(deployPhotos, {
      access: {
        permits: ({ action, resource }) => !(action === 's3:PutObject' && resource.includes('photos-replica')),
      },
    });
    try {
      fill(test.engine, 5);
      const ended = await test.startAndWait({});
      expect(ended).toMatchObject({ status: 'FAILED', error: 'DestinationUnwritable' });
      expect(ended.cause).toContain('S3 answered AccessDenied');
    } finally {
      await test.close();
    }
  }, 300_000);
});

async function openDeployed(
  onCall: (call: AwsCall, allowed: boolean) => void,
): Promise<EngineUnderTest<DeployedStack>> {
  return openEngineWith(deployPhotos, { access: { onCall } });
}

function deployPhotos(engine: Engine): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(
    app,
    checkPair({
      ...PHOTOS,
      source: { bucket: 'photos', prefix: 'in/' },
      destination: { bucket: 'photos-replica', prefix: 'out/' },
      destinationInventory: { bucket: 'inventories', prefix: 'daily', configId: 'copies' },
      // Most of what is missing here would be too much for a query.
      reconcile: { maxDifference: 90 },
    }),
  );
  const assembly = app.synth();
  for (const bucket of ['photos', 'photos-replica', 'inventories']) engine.s3.createBucket(bucket);
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const MIB = 1024 ** 2;

/** Objects in the source, one of them tagged and two in parts, and their inventory. */
function fill(
  { s3, clock }: Engine,
  count: number,
  inventory: { files?: number; sorted?: boolean; at?: number } = {},
): void {
  for (let index = 0; index < count; index++)
    s3.putObject('photos', `in/${index % 3}/object ${String(index).padStart(4, '0')}`, Buffer.from(`body ${index}`), {
      lastModified: clock.now() - WEEK_MS,
      ...(index === 7 ? { tags: { kind: 'holiday' } } : {}),
    });
  const old = { lastModified: clock.now() - WEEK_MS };
  s3.putObject('photos', 'in/0/parts', { zeros: 12 * MIB }, { multipartParts: 2, ...old });
  s3.putObject('photos', 'in/0/parts that no upload may have', Buffer.from('small'), { multipartParts: 2, ...old });
  s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: 'inventories',
    prefix: 'daily',
    configId: 'every-object',
    at: clock.now() - 2 * HOUR_MS,
    ...inventory,
  });
}

/** Inventories of both sides, with the columns that the tables of the pair are made for. */
function deliverBoth({ s3, clock }: Engine, ago = 0): void {
  const delivery = { destinationBucket: 'inventories', prefix: 'daily', fields: USUAL_INVENTORY_FIELDS };
  const at = clock.now() - ago;
  s3.deliverInventory({ ...delivery, bucket: 'photos', configId: 'every-object', at });
  s3.deliverInventory({ ...delivery, bucket: 'photos-replica', configId: 'copies', at });
}

/** Runs that between them make every kind of call: see each comment. */
async function playScenarios(test: EngineUnderTest<DeployedStack>): Promise<void> {
  const { engine, pipeline } = test;
  const { s3 } = engine;
  const expectEnd = async (arn: string, status: string) => expect(await test.ended(arn)).toMatchObject({ status });
  const kill = (handler: string) => engine.lambda.killRunning(pipeline.functionNames[handler] ?? '');
  // Nothing delivered yet: an inventory that is not there is told from one that may not be read.
  expect(await test.startAndWait({})).toMatchObject({ error: 'ManifestNotFound' });

  // The daily run, with sorting, several files, a tagged object, one that is gone and one that was replaced.
  fill(engine, 120, { files: 3, sorted: false });
  s3.deleteObject('photos', 'in/0/object 0003');
  s3.putObject('photos', 'in/1/object 0004', Buffer.from('newer'));
  s3.putObject('photos-replica', 'out/2/object 0005', Buffer.from('another'), { lastModified: 0 });
  // Two at once: the second asks whether the first still runs.
  const first = await pipeline.fireSchedule('2026-11-25T06:00:00Z');
  await waitFor(() => Boolean(s3.getObject(pipeline.workBucket, 'locks/photos.json')?.body.includes('reconcile-')));
  await expectEnd(await pipeline.fireSchedule('2026-11-25T06:00:01Z'), 'FAILED');
  await expectEnd(first, 'SUCCEEDED');
  // A worker of PrepareRun dies when its files are half written: the next one finds them.
  s3.faults.add({
    operation: 'PutObject',
    key: (key) => key.endsWith('/files.jsonl'),
    times: 1,
    effect: { call: () => void kill('prepare-run') },
  });
  await expectEnd(await test.start({ dryRun: true }), 'SUCCEEDED');

  // An object that fails in the first pass and arrives in the second, and one that something else overwrites between copy
  // and check.
  const emptyHalf = () => {
    for (let index = 0; index < 60; index++)
      s3.deleteObject('photos-replica', `out/${index % 3}/object ${String(index).padStart(4, '0')}`);
  };
  emptyHalf();
  s3.faults.add({
    operation: 'CopyObject',
    sourceKey: 'in/1/object 0001',
    times: 5,
    effect: { error: 'InternalError' },
  });
  s3.faults.add({
    operation: 'ListObjectsV2',
    bucket: 'photos-replica',
    skip: 8,
    times: 1,
    effect: {
      call: () =>
        void s3.putObject('photos-replica', 'out/0/object 0000', Buffer.from('a stranger'), { lastModified: 0 }),
    },
  });
  await expectEnd(await test.start({}), 'SUCCEEDED');
  s3.faults.clear();

  // An object that kills its worker every time: its chunk fails as a whole, and its rows are owed.
  emptyHalf();
  s3.faults.add({
    operation: 'CopyObject',
    sourceKey: 'in/2/object 0002',
    effect: {
      call: () => {
        kill('copy-chunk');
        return new Promise(() => undefined);
      },
    },
  });
  const wrecked = await test.start({ maxConcurrency: 1, maxPasses: 2 });
  await expectEnd(wrecked, 'FAILED');
  s3.faults.clear();
  // What it could not bring over, by one cause and by all.
  const failuresOf = wrecked.split(':').at(-1);
  await expectEnd(await test.start({ manifest: { failuresOf, cause: 'NotAttempted' } }), 'SUCCEEDED');
  await expectEnd(await test.start({ manifest: { failuresOf } }), 'SUCCEEDED');

  // A run that is stopped amid an upload: the next one aborts what it left. That one never gets its parts either, and
  // aborts its own upload at its end. In the third the source changes amid the upload.
  s3.deleteObject('photos-replica', 'out/0/parts');
  s3.faults.add({ operation: 'UploadPartCopy', effect: { error: 'InternalError' } });
  // It is the reconciliation that is stopped, and its run with it.
  const stopped = await pipeline.fireSchedule('2026-11-26T06:00:00Z');
  await waitFor(() => [...s3.listObjects(pipeline.workBucket, 'runs/')].some(({ key }) => key.includes('/uploads/')));
  await test.sfn.send(new StopExecutionCommand({ executionArn: stopped }));
  await expectEnd(stopped, 'ABORTED');
  await expectEnd(await test.start({ maxPasses: 1 }), 'FAILED');
  s3.faults.clear();
  s3.faults.add({
    operation: 'UploadPartCopy',
    times: 1,
    effect: { call: () => void s3.putObject('photos', 'in/0/parts', { zeros: 18 * MIB }, { multipartParts: 3 }) },
  });
  await expectEnd(await test.start({}), 'SUCCEEDED');
  s3.faults.clear();

  // What another tool brought over, in other parts, is looked at by a run that copies nothing.
  for (const key of ['object 0001', 'parts'])
    s3.putObject('photos-replica', `out/${key === 'parts' ? 0 : 1}/${key}`, Buffer.from('theirs'), {
      multipartParts: 2,
    });
  await expectEnd(await test.start({ engine: 'none', proof: 'strong' }), 'FAILED');
  await expectEnd(await test.start({ overwrite: 'always' }), 'SUCCEEDED');

  // A run that a fence ends amid an upload, after the lock was another's for a while; the next one goes on with it.
  s3.deleteObject('photos-replica', 'out/0/parts');
  const fenced = await test.start({ maxBytes: 7 * MIB });
  await expectEnd(fenced, 'FAILED');
  const goOn = { manifest: { failuresOf: fenced.split(':').at(-1) } };
  // A worker of that run is late, and puts an upload on file while a dry run has the pair, which hands it on.
  const late = { key: 'out/late', id: 'late', sourceEtag: 'e', sourceModified: 0, parts: [1] };
  const record = JSON.stringify({ ...late, settings: JSON.stringify({ bucket: 'photos-replica' }) });
  s3.faults.add({
    operation: 'ListObjectsV2',
    bucket: 'photos-replica',
    times: 1,
    effect: {
      call: () =>
        void s3.putObject(
          pipeline.workBucket,
          `runs/${goOn.manifest.failuresOf}/uploads/late.json`,
          Buffer.from(record),
        ),
    },
  });
  await expectEnd(await test.start({ ...goOn, dryRun: true }), 'SUCCEEDED');
  s3.faults.clear();
  await expectEnd(await test.start(goOn), 'SUCCEEDED');

  // Rows that lie far apart in what the destination has: they are asked for one by one, to copy them and to verify them.
  emptyHalf();
  for (const behind of ['0010', '0025', '0040', '0055'])
    for (let index = 0; index < 1_100; index++)
      s3.putObject('photos-replica', `out/1/object ${behind} and stranger ${index}`, Buffer.alloc(0));
  await expectEnd(await test.start({}), 'SUCCEEDED');

  // A manifest of our own.
  const { manifestKey } = s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: pipeline.workBucket,
    prefix: 'manifests/own',
    configId: 'own',
  });
  await expectEnd(await test.start({ manifest: `s3://${pipeline.workBucket}/${manifestKey}` }), 'SUCCEEDED');

  // Inventories of both sides: Athena counts, names what differs, and a run brings that over.
  deliverBoth(engine, HOUR_MS);
  s3.deleteObject('photos-replica', 'out/1/object 0010');
  deliverBoth(engine);
  const daily = await test.ended(await pipeline.fireSchedule('2026-11-27T06:00:00Z'));
  expect(daily).toMatchObject({ status: 'SUCCEEDED', output: { way: 'difference', status: 'Repaired', repaired: 1 } });

  // No manifest at all: the source is listed.
  await expectEnd(await test.start({ manifest: { list: true } }), 'SUCCEEDED');

  // Lists, in the work bucket and beside the inventories: in pieces that share keys, so that they are merged, and one that
  // is not there.
  const line = (index: number) => `photos,in/${index % 3}/object%20${String(index).padStart(4, '0')}`;
  const lines = Array.from({ length: 60 }, (_, index) => line(index));
  for (const [bucket, key] of [
    [pipeline.workBucket, 'manifests/list.csv'],
    ['inventories', 'daily/photos/every-object/list.csv'],
  ] as const) {
    s3.putObject(bucket, key, Buffer.from([...lines, ...lines].join('\n')));
    await expectEnd(await test.start({ manifest: { csv: `s3://${bucket}/${key}` } }), 'SUCCEEDED');
  }
  expect(
    await test.startAndWait({ manifest: { csv: `s3://${pipeline.workBucket}/manifests/none.csv` } }),
  ).toMatchObject({ error: 'ManifestNotFound' });

  // Files that each span all keys, so many that they are merged first.
  // With the two in parts, 20 rows a file: one chunk each.
  fill(engine, 1_598, { files: 80, sorted: false, at: engine.clock.now() });
  await expectEnd(await test.start({ dryRun: true }), 'SUCCEEDED');
}

function callsUnder(grant: Grant): number {
  let sum = 0;
  for (const { call, count } of calls.values()) if (isUnder(grant, call)) sum += count;
  return sum;
}

function nameOf({ role, action, resource }: Grant): string {
  return `${role} ${action} ${resource}`;
}

function policiesOf({ policies, workBucket, workBucketPolicy }: DeployedStack): Policies {
  return {
    identity: policies,
    resource: (arn) => (arn.startsWith(`arn:aws:s3:::${workBucket}`) ? workBucketPolicy : undefined),
  };
}

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** What each role may do, and how often a run did it. */
function printTable(rows: readonly (Grant & { calls: number })[]): void {
  const lines = rows.map(
    ({ role, action, resource, calls }) =>
      `${String(calls).padStart(6)}  ${role.padEnd(19)} ${action.padEnd(29)} ${resource}`,
  );
  process.stdout.write(`\n calls  role                action                        resource\n${lines.join('\n')}\n`);
}
