import { gunzipSync } from 'node:zlib';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetExecutionHistoryCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { run as runSchema } from '../../contracts/run.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import { testApp } from '../infra/synthesize.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack, type PolicyDocument } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { covers, enforcer } from '../support/iam.js';
import { expectBooks } from '../support/world.js';

const THEIRS = '222222222222';
const OTHERS = '333333333333';
const READER = { roleArn: `arn:aws:iam::${THEIRS}:role/reader`, externalId: 'read-7' };
const WRITER = { roleArn: `arn:aws:iam::${OTHERS}:role/writer`, externalId: 'write-7' };
const KEY = `arn:aws:kms:us-east-1:${OTHERS}:key/0f4a6e3c-1111-4222-8333-944445555666`;
const WEEK_MS = 7 * 86_400_000;
const MIB = 1024 ** 2;
const COUNT = 42;

const TWO_ROLES: PairInput = {
  name: 'photos',
  source: { bucket: 'photos', prefix: 'in/', account: THEIRS, ...READER },
  destination: { bucket: 'photos-replica', prefix: 'out/', account: OTHERS, kmsKeyArn: KEY, ...WRITER },
  inventory: { bucket: 'inventories', prefix: 'daily', configId: 'every-object', account: '123456789012' },
};

/** What happened while the engine was up. */
interface Watched {
  test: EngineUnderTest<DeployedStack>;
  denied: string[];
  logged: string[];
}

let watched: Watched | undefined;
afterEach(async () => {
  await watched?.test.close();
  watched = undefined;
});

describe('A pair whose sides belong to two others, each with a role for us', () => {
  it('is brought over by those roles and what was printed for them, and nothing is copied twice', async () => {
    const { test, denied, logged } = await open(TWO_ROLES);
    const { s3 } = test.engine;
    const first = await test.startAndWait({}, 'first');
    expect({ ...first, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
    expect(expectBooks(test, 'first')).toMatchObject({ status: 'Verified', verified: { copied: COUNT } });
    expect(runOf(test, 'first')).toMatchObject({ isInPlace: false });
    expect(s3.requests.count({ operation: 'PutObject', bucket: 'photos-replica' })).toBe(COUNT - 1);
    expect(s3.requests.count({ operation: 'UploadPart', bucket: 'photos-replica' })).toBe(2);
    expect(s3.getObject('photos-replica', 'out/1/object 0007')).toMatchObject({
      body: Buffer.from('body 7'),
      tags: new Map([['kind', 'holiday']]),
      encryption: { keyArn: KEY },
    });

    const second = await test.startAndWait({}, 'second');
    expect({ ...second, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
    expect(expectBooks(test, 'second')).toMatchObject({
      status: 'Verified',
      verified: { identical: COUNT, copied: 0 },
    });
    expect(s3.requests.count({ operation: 'PutObject', bucket: 'photos-replica' })).toBe(COUNT - 1);

    const left = [...logged, ...(await leftBehind(test))].join('\n');
    const sessions = [...test.engine.identities.keys.values()].filter(({ sessionToken }) => sessionToken !== undefined);
    expect(sessions.length).toBeGreaterThan(4);
    for (const { secretAccessKey, sessionToken = '', accessKeyId } of sessions)
      for (const secret of [secretAccessKey, sessionToken, accessKeyId]) expect(left.includes(secret)).toBe(false);
    expect(left).toContain(READER.roleArn);
  }, 60_000);

  it('is restored by the same roles, each at its own side', async () => {
    const { test, denied } = await open({ ...TWO_ROLES, restore: {} });
    const { s3 } = test.engine;
    const first = await test.startAndWait({}, 'backup');
    expect({ ...first, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
    const lost = Array.from(s3.listObjects('photos'), ({ key }) => key);
    for (const key of lost) s3.deleteObject('photos', key);
    const { executionArn = '' } = await test.sfn.send(
      new StartExecutionCommand({ stateMachineArn: test.pipeline.restoreMachineArn, name: 'restored', input: '{}' }),
    );
    const restored = await test.ended(executionArn);
    expect({ ...restored, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
    expect(expectBooks(test, 'restored')).toMatchObject({ status: 'Verified', verified: { copied: COUNT } });
    expect(runOf(test, 'restored')).toMatchObject({
      isInPlace: false,
      buckets: { source: { bucket: 'photos-replica', ...WRITER }, destination: { bucket: 'photos', ...READER } },
    });
    expect(s3.getObject('photos', 'in/1/object 0007')).toMatchObject({
      body: Buffer.from('body 7'),
      tags: new Map([['kind', 'holiday']]),
    });
  }, 600_000);

  it('is listed by the role of its source, where no inventory is asked for', async () => {
    const { test, denied } = await open(TWO_ROLES);
    const ended = await test.startAndWait({ manifest: { list: true }, dryRun: true }, 'listed');
    expect({ ...ended, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
    expect(expectBooks(test, 'listed')).toMatchObject({ scope: 'pair', wouldCopy: { objects: COUNT } });
  }, 60_000);

  it('is told by a sentence where a role does not trust us', async () => {
    const { test } = await open({ ...TWO_ROLES, source: { ...TWO_ROLES.source, externalId: 'another' } }, 'read-7');
    const ended = await test.startAndWait({});
    expect(ended).toMatchObject({ status: 'FAILED', error: 'SourceUnreadable' });
    expect(ended.cause).toMatch(
      /s3:\/\/photos cannot be read: The role arn:aws:iam::222222222222:role\/reader could not be assumed, STS answered AccessDenied: .* Let the trust policy of the role name/,
    );
  }, 60_000);
});

it('A role that reaches both sides has S3 copy by itself', async () => {
  const { test, denied } = await open({
    ...TWO_ROLES,
    source: { ...TWO_ROLES.source, account: OTHERS, ...WRITER },
  });
  const ended = await test.startAndWait({}, 'one-role');
  expect({ ...ended, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
  expect(runOf(test, 'one-role')).toMatchObject({ isInPlace: true });
  expect(test.engine.s3.requests.count({ operation: 'CopyObject' })).toBe(COUNT - 1);
  expect(test.engine.s3.requests.count({ operation: 'GetObject', bucket: 'photos' })).toBe(1);
}, 60_000);

/** Deploys the pair from its template, with the roles set up by its outputs, and everything enforced. */
async function open(pair: PairInput, readersId?: string): Promise<Watched> {
  let permits: ((call: AwsCall) => boolean) | undefined;
  const denied: string[] = [];
  const logged: string[] = [];
  const test = await openEngineWith((engine) => deploy(engine, pair), {
    onLog: (_, line) => void logged.push(line),
    access: {
      permits: (call) => permits?.(call) ?? true,
      onCall: (call, allowed) => void (allowed || denied.push(`${call.principal} ${call.action} ${call.resource}`)),
    },
  });
  permits = permitsOf(test, readersId);
  fill(test.engine);
  return (watched = { test, denied, logged });
}

/** Makes the roles as their owners do, from what was printed, and answers who may do what. */
function permitsOf(
  { engine, pipeline }: EngineUnderTest<DeployedStack>,
  readersId?: string,
): (call: AwsCall) => boolean {
  const policies = new Map(pipeline.policies);
  for (const [name, { roleArn }] of rolesOf(pipeline)) {
    const trust = JSON.parse(pipeline.output(`Backfill${name}RoleTrustPolicy`)) as Trust;
    const [{ Principal, Condition }] = trust.Statement;
    const externalId = readersId ?? Condition.StringEquals['sts:ExternalId'];
    engine.identities.addRole({
      roleArn,
      trusts: (principal, id) => Principal.AWS.includes(principal) && id === externalId,
    });
    policies.set(roleArn, [JSON.parse(pipeline.output(`Backfill${name}RolePolicy`)) as PolicyDocument]);
  }
  const enforced = enforcer({ identity: policies, resource: () => undefined });
  // What has a policy of its own, which the simulation would ask for: trust is judged by the engine, the key lets all of its account.
  const isNamed = ({ principal, action, resource }: AwsCall) =>
    (policies.get(principal) ?? []).some(({ Statement }) =>
      Statement.some(
        ({ Action, Resource }) =>
          [Action].flat().includes(action) && [Resource].flat().some((each) => covers(each, resource)),
      ),
    );
  return (call) => (/^(?:sts|kms):/.test(call.action) ? isNamed(call) : enforced(call));
}

interface Trust {
  Statement: [{ Principal: { AWS: string[] }; Condition: { StringEquals: { 'sts:ExternalId': string } } }];
}

function rolesOf(pipeline: DeployedStack): [name: string, role: { roleArn: string }][] {
  try {
    pipeline.output('BackfillPairRolePolicy');
    return [['Pair', WRITER]];
  } catch {
    return [
      ['Source', READER],
      ['Destination', WRITER],
    ];
  }
}

function deploy(engine: Engine, pair: PairInput): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(app, checkPair(pair));
  const assembly = app.synth();
  engine.s3.createBucket('photos', { account: pair.source.account ?? '' });
  engine.s3.createBucket('photos-replica', { account: OTHERS });
  engine.s3.createBucket('inventories');
  engine.s3.kms.add({ arn: KEY });
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

/** Small objects, one of them tagged, and one in two parts. */
function fill({ s3, clock }: Engine): void {
  const old = { lastModified: clock.now() - WEEK_MS };
  for (let index = 0; index < COUNT - 1; index++)
    s3.putObject('photos', `in/${index % 3}/object ${String(index).padStart(4, '0')}`, Buffer.from(`body ${index}`), {
      ...old,
      ...(index === 7 ? { tags: { kind: 'holiday' } } : {}),
    });
  s3.putObject('photos', 'in/0/parts', { zeros: 12 * MIB }, { multipartParts: 2, ...old });
  s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: 'inventories',
    prefix: 'daily',
    configId: 'every-object',
  });
}

function runOf({ engine, pipeline }: EngineUnderTest<DeployedStack>, runId: string) {
  const file = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/request.json`);
  return runSchema.parse(JSON.parse(String(file?.body)));
}

/** All that runs leave: files, items of the failure table, histories. */
async function leftBehind({ engine, pipeline, sfn, dynamodb }: EngineUnderTest<DeployedStack>): Promise<string[]> {
  const { workBucket, stateMachineArn, failureTable } = pipeline;
  const files = [...engine.s3.listObjects(workBucket)].map(({ key }) => {
    const body = engine.s3.getObject(workBucket, key)?.body ?? Buffer.alloc(0);
    return (key.endsWith('.gz') ? gunzipSync(body) : body).toString();
  });
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const histories = await Promise.all(
    executions.map(({ executionArn }) => sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }))),
  );
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: failureTable }));
  return [...files, JSON.stringify(histories), JSON.stringify(Items)];
}
