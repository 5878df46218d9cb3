import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { enforcer, grantsOf, isUnder, type Grant } from '../support/iam.js';
import { testApp } from './synthesize.js';

const DAY_MS = 86_400_000;
const MIB = 1024 ** 2;
const BUCKETS = /arn:aws:s3:::(?:photos|vault|drill)(?:\/|$)/;

let test: EngineUnderTest<DeployedStack>;
const denied: string[] = [];
const calls = new Map<string, AwsCall>();
let grants: Grant[] = [];

/** What it does in the work bucket and the tables is what the pair's own functions do: least-privilege.test.ts has that. */
describe('The roles of a restore, enforced while it runs', () => {
  beforeAll(async () => {
    let permits: ((call: AwsCall) => boolean) | undefined;
    test = await openEngineWith(deployVault, {
      access: {
        permits: (call) => permits?.(call) ?? true,
        onCall: (call, allowed) => {
          calls.set(JSON.stringify(call), call);
          if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
        },
      },
    });
    permits = enforcer({ identity: test.pipeline.policies, resource: () => undefined });
    grants = grantsOf(test.pipeline.policies);
    fill(test.engine);
    await look();
    await play({});
    await play({ destination: { bucket: 'drill' } });
  }, 900_000);
  afterAll(() => test.close());

  it('allow every call that it makes', () => {
    expect(denied).toEqual([]);
  });

  it('allow nothing in a bucket of the pair, or in another that it may go to, that it does not use', () => {
    const unused = grants
      .filter(({ role, resource }) => role.startsWith('Restore') && BUCKETS.test(resource))
      .filter((grant) => ![...calls.values()].some((call) => isUnder(grant, call)))
      .map(({ role, action, resource }) => `${role} ${action} ${resource}`);
    expect(unused).toEqual([]);
  });

  it('let nobody but the restore write to the source, and the restore to no backup', () => {
    const writers = (bucket: string) =>
      grants.filter(
        ({ action, resource }) =>
          /:(?:Put|Delete)Object/.test(action) && resource.startsWith(`arn:aws:s3:::${bucket}/`),
      );
    expect(new Set(writers('photos').map(({ role }) => role))).toEqual(
      new Set(['RestorePrepareRun', 'RestoreCopyChunk']),
    );
    expect(new Set(writers('drill').map(({ role }) => role))).toEqual(
      new Set(['RestorePrepareRun', 'RestoreCopyChunk']),
    );
    expect(writers('vault').filter(({ role }) => role.startsWith('Restore'))).toEqual([]);
    expect(writers('vault').length).toBeGreaterThan(0);
  });

  it('reach no more than the prefixes of the pair, and the one of the other bucket', () => {
    const resources = grants
      .filter(
        ({ role, action, resource }) =>
          role.startsWith('Restore') && action.startsWith('s3:') && !/workbucket/.test(resource),
      )
      .map(({ resource }) => resource.slice('arn:aws:s3:::'.length));
    expect(new Set(resources)).toEqual(
      new Set(['photos', 'photos/in/*', 'vault', 'vault/out/*', 'drill', 'drill/found/*']),
    );
  });
});

function deployVault(engine: Engine): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(
    app,
    checkPair({
      name: 'vault',
      source: { bucket: 'photos', prefix: 'in/' },
      destination: { bucket: 'vault', prefix: 'out/', storageClass: 'GLACIER' },
      inventory: { bucket: 'inventories', configId: 'every-object' },
      restore: { to: [{ bucket: 'drill', prefix: 'found/' }] },
    }),
  );
  const assembly = app.synth();
  for (const bucket of ['photos', 'drill', 'inventories']) engine.s3.createBucket(bucket);
  engine.s3.createBucket('vault', { versioning: 'Enabled' });
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

const COUNT = 12;

/** A backup of some objects, one of them tagged, one in parts and one archived, each replaced since. */
function fill({ s3, clock }: Engine): void {
  const at = (daysAgo: number) => ({ lastModified: clock.now() - daysAgo * DAY_MS });
  for (let index = 0; index < COUNT; index++)
    for (const daysAgo of [9, 3])
      s3.putObject('vault', `out/${nameOf(index)}`, Buffer.from(`${index}, ${daysAgo} days ago`), {
        ...at(daysAgo),
        ...(index === 7 ? { tags: { kind: 'holiday' } } : {}),
        ...(index === 9 ? { storageClass: 'GLACIER' } : {}),
      });
  for (const daysAgo of [9, 3])
    s3.putObject('vault', 'out/parts', { zeros: (12 + daysAgo) * MIB }, { multipartParts: 2, ...at(daysAgo) });
}

/** Runs that copy nothing look at both sides: at one that only a HEAD tells apart, and at what is archived. */
async function look(): Promise<void> {
  test.engine.s3.putObject('photos', `in/${nameOf(3)}`, Buffer.from('3, 9 days agO'), { lastModified: 0 });
  await expectEnd({ engine: 'none' }, 'FAILED');
  await expectEnd({ engine: 'none', ...asOfDaysAgo(5) }, 'FAILED');
}

function asOfDaysAgo(count: number) {
  return { manifest: { list: true, asOf: new Date(test.engine.clock.now() - count * DAY_MS).toISOString() } };
}

/** Runs that between them make every kind of call at a destination. */
async function play(to: { destination?: { bucket: string } }): Promise<void> {
  const { s3 } = test.engine;
  const [bucket, prefix] = to.destination ? ['drill', 'found/'] : ['photos', 'in/'];
  const asOf = asOfDaysAgo(5);

  // Rows that lie far apart in what is there: they are asked for one by one, to copy them and to verify them.
  for (let index = 0; index < 1_100; index++)
    s3.putObject(bucket, `${prefix}${nameOf(4)} and stranger ${index}`, Buffer.alloc(0));
  // As of a time: a tagged object, an archived one, and one whose parts never arrive.
  s3.faults.add({ operation: 'UploadPartCopy', effect: { error: 'InternalError' } });
  await expectEnd({ ...to, ...asOf, archived: 'skip', maxPasses: 1 }, 'FAILED');
  s3.faults.clear();
  await expectEnd({ ...to, ...asOf, restoreTier: 'Expedited' }, 'SUCCEEDED');
  expect(s3.getObject(bucket, `${prefix}${nameOf(9)}`)?.body.toString()).toBe('9, 9 days ago');

  // As it is, over what is there; one of the same size, which only a HEAD tells apart.
  s3.putObject(bucket, `${prefix}${nameOf(3)}`, Buffer.from('3, 9 days agO'), { lastModified: 0 });
  // The one in parts is replaced amid its upload, which is aborted.
  const sizes = bucket === 'photos' ? 3 : 2;
  s3.faults.add({
    operation: 'UploadPartCopy',
    times: 1,
    effect: {
      call: () => void s3.putObject('vault', 'out/parts', { zeros: sizes * 6 * MIB }, { multipartParts: sizes }),
    },
  });
  await expectEnd({ ...to, overwrite: 'always' }, 'SUCCEEDED');
  expect(s3.getObject(bucket, `${prefix}${nameOf(7)}`)?.tags.get('kind')).toBe('holiday');
}

let runs = 0;
async function expectEnd(input: object, status: string): Promise<void> {
  const { executionArn = '' } = await test.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: test.pipeline.restoreMachineArn,
      name: `restore-${(runs += 1)}`,
      input: JSON.stringify(input),
    }),
  );
  const ended = await test.ended(executionArn);
  expect({ ...ended, denied }).toMatchObject({ status, denied: [] });
}

function nameOf(index: number): string {
  return `object ${String(index).padStart(4, '0')}`;
}
