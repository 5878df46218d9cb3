import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListMultipartUploadsCommand, ListPartsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { run as runSchema } from '../../contracts/run.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import { skippingClock } from '../../local/clock.js';
import { startEngine, type Engine } from '../../local/engine.js';
import { testApp } from '../infra/synthesize.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack, type PolicyDocument } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { covers, enforcer, roleOf } from '../support/iam.js';
import { leftBehind } from '../support/left-behind.js';
import { expectBooks } from '../support/world.js';

const OURS = '123456789012';
const THEIRS = '444455556666';
const CARRIER = `arn:aws-cn:iam::${THEIRS}:user/carrier`;
const KEY = { accessKeyId: 'AKIACNCARRIERFIRSTKEY', secretAccessKey: 'first/Secret+of/the/carrier0123456789abcd' };
const NEW_KEY = { accessKeyId: 'AKIACNCARRIERNEWKEYXX', secretAccessKey: 'second/Secret+of/the/carrier987654321zyx' };
const SECRET_KEY = `arn:aws:kms:us-east-1:${OURS}:key/0f4a6e3c-1111-4222-8333-944445555777`;
const NOBODYS = 'nobody/knows/this/secret0123';
const INVENTORY = { bucket: 'inventories', prefix: 'daily', configId: 'every-object' };
const WEEK_MS = 7 * 86_400_000;
const MIB = 1024 ** 2;
const COUNT = 24;
/** The machine may be busy; nothing here waits for a clock. */
const PATIENCE_MS = 600_000;

/** Two engines, one on each side of a border: what is on the one is nobody to the other. */
interface Border {
  /** Where the stack is, in `aws`. */
  test: EngineUnderTest<DeployedStack>;
  /** The other partition, `aws-cn`. */
  other: Engine;
  secretArn: string;
  /** Takes something from the pair's roles. */
  deny: (isDenied: (call: AwsCall) => boolean) => void;
  denied: string[];
  /** Who read the secret, and used its key, by role. */
  readers: Set<string>;
  /** What was asked of the other partition, but by its own root, which is this test. */
  calls: { principal: string; action: string; resource: string }[];
  logged: string[];
}

/** Each pair is deployed once; for each test its destination is empty, and its key as it was. */
const borders = new Map<Way, Promise<Border>>();
afterAll(async () => {
  for (const border of await Promise.all(borders.values())) {
    await border.test.close();
    await border.other.close();
  }
});

describe('A pair whose destination is in another partition', () => {
  it(
    'is brought over by the keys of its secret and by no others, within what was printed for them, and verified',
    async () => {
      const border = await crossing('out');
      const { test, other, denied, calls } = border;
      const first = await test.startAndWait({}, 'first');
      expect({ ...first, denied, there: deniedOf(calls) }).toMatchObject({
        status: 'SUCCEEDED',
        denied: [],
        there: [],
      });
      expect(expectBooks(test, 'first')).toMatchObject({ status: 'Verified', verified: { copied: COUNT } });
      expect(runOf(test, 'first')).toMatchObject({ isInPlace: false });
      expect(other.s3.requests.count({ operation: 'PutObject' })).toBe(COUNT - 1);
      expect(other.s3.requests.count({ operation: 'UploadPart', bucket: 'replica' })).toBeGreaterThanOrEqual(2);
      expect(other.s3.getObject('replica', 'out/1/object 0007')).toMatchObject({
        body: Buffer.from('body 7'),
        tags: new Map([['kind', 'holiday']]),
      });
      expect(contentsOf(other, 'replica', 'out/')).toEqual(contentsOf(test.engine, 'photos', 'in/'));

      expect(calls.length).toBeGreaterThan(COUNT);
      expect(new Set(calls.map(({ principal }) => principal))).toEqual(new Set([CARRIER]));
      expect(calls.filter(({ resource }) => !/^arn:aws-cn:s3:::replica(?:\/out\/|$)/.test(resource))).toEqual([]);

      const second = await test.startAndWait({}, 'second');
      expect({ ...second, denied }).toMatchObject({ status: 'SUCCEEDED', denied: [] });
      expect(expectBooks(test, 'second')).toMatchObject({
        status: 'Verified',
        verified: { identical: COUNT, copied: 0 },
      });
      expect(other.s3.requests.count({ operation: 'PutObject' })).toBe(COUNT - 1);
      await expectNothingTold(border);
    },
    PATIENCE_MS,
  );

  it(
    'goes on where a worker was killed in the middle of an object in parts',
    async () => {
      const { test, other } = await crossing('out');
      const killed = other.s3.faults.add({
        operation: 'UploadPart',
        key: 'out/0/parts',
        skip: 1,
        times: 1,
        effect: {
          call: async () => {
            await firstPart(other, 'out/0/parts');
            test.engine.lambda.killRunning(test.pipeline.functionNames['copy-chunk'] ?? '');
          },
        },
      });
      const ended = await test.startAndWait({}, 'killed');
      expect(killed.hits).toBe(1);
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(expectBooks(test, 'killed')).toMatchObject({ status: 'Verified', failed: 0 });
      // One upload and one part are the probe's; the part that was there already was not sent again.
      expect(other.s3.requests.count({ operation: 'CreateMultipartUpload' })).toBe(2);
      expect(other.s3.requests.count({ operation: 'UploadPart' })).toBe(1 + 2 + 1);
      expect(other.s3.getObject('replica', 'out/0/parts')?.etag).toBe(
        test.engine.s3.getObject('photos', 'in/0/parts')?.etag,
      );
    },
    PATIENCE_MS,
  );

  it(
    'loses nothing when its key is rotated in the middle of a run',
    async () => {
      const border = await crossing('out');
      const { test, other } = border;
      const rotated = other.s3.faults.add({
        operation: 'PutObject',
        skip: 5,
        times: 1,
        effect: {
          call: async () => {
            other.identities.add({ ...NEW_KEY, principalArn: CARRIER });
            await putSecret(border, keysOf(NEW_KEY));
            other.identities.remove(KEY.accessKeyId);
          },
        },
      });
      const ended = await test.startAndWait({}, 'rotated');
      expect(rotated.hits).toBe(1);
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(expectBooks(test, 'rotated')).toMatchObject({ status: 'Verified', failed: 0, passes: 1 });
      await expectNothingTold(border);
    },
    PATIENCE_MS,
  );

  it.each([
    {
      title: 'is not known there',
      secret: JSON.stringify({ access_key_id: 'AKIANOBODYKNOWSTHISID', secret_access_key: NOBODYS }),
      cause:
        /s3:\/\/replica cannot be written: the server answered InvalidAccessKeyId: .* put one into it that is active there/,
    },
    {
      title: 'does not match its secret',
      secret: JSON.stringify({ accessKeyId: NEW_KEY.accessKeyId, secretAccessKey: NOBODYS }),
      cause: /s3:\/\/replica cannot be written: the server answered SignatureDoesNotMatch: /,
    },
    {
      title: 'is written in another form',
      secret: JSON.stringify({ [KEY.accessKeyId]: NOBODYS }),
      cause:
        /s3:\/\/replica cannot be written: The secret arn:aws:secretsmanager:us-east-1:\d+:secret:carrier-\w{6} holds no access key: expected JSON .* it has neither field\. Write the secret in the form that is expected/,
    },
  ])(
    'is told by a sentence that holds nothing of it, where the key $title',
    async ({ title, secret, cause }) => {
      const border = await crossing('out');
      border.other.identities.remove(KEY.accessKeyId);
      border.other.identities.add({ ...NEW_KEY, principalArn: CARRIER });
      await putSecret(border, secret);
      const ended = await border.test.startAndWait({}, title.replaceAll(' ', '-'));
      expect(ended).toMatchObject({ status: 'FAILED', error: 'DestinationUnwritable' });
      expect(ended.cause).toMatch(cause);
      await expectNothingTold(border, NOBODYS, 'AKIANOBODYKNOWSTHISID');
    },
    PATIENCE_MS,
  );

  it(
    'is told by a sentence where the secret may not be read',
    async () => {
      const { test, other, deny } = await crossing('out');
      // Workers are warm, and have read it already.
      other.identities.remove(KEY.accessKeyId);
      deny(({ action }) => action === 'secretsmanager:GetSecretValue');
      const ended = await test.startAndWait({}, 'unread');
      expect(ended).toMatchObject({ status: 'FAILED', error: 'DestinationUnwritable' });
      expect(ended.cause).toMatch(
        /The secret arn:\S+ could not be read, Secrets Manager answered AccessDeniedException: /,
      );
    },
    PATIENCE_MS,
  );

  it(
    'keeps its keys to itself when they are taken away for good in the middle of a run',
    async () => {
      const border = await crossing('out');
      const { test, other } = border;
      other.s3.faults.add({
        operation: 'PutObject',
        skip: 5,
        times: 1,
        effect: { call: () => other.identities.remove(KEY.accessKeyId) },
      });
      const ended = await test.startAndWait({}, 'taken');
      expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
      await expectNothingTold(border);
    },
    PATIENCE_MS,
  );

  it(
    'lets those functions read the secret that work there, and no others',
    async () => {
      const { test, other, readers } = await crossing('out');
      // ReportRun aborts an upload that never got its parts.
      other.s3.faults.add({ operation: 'UploadPart', key: 'out/0/parts', effect: { error: 'InternalError' } });
      expect(await test.startAndWait({ maxPasses: 1 }, 'left')).toMatchObject({ status: 'FAILED' });
      expect([...readers].toSorted()).toEqual(mayRead(test.pipeline));
      expect([...readers]).toContain('ReportRun kms:Decrypt');
    },
    PATIENCE_MS,
  );
});

describe('A pair whose source is on another server', () => {
  it(
    'is read by the keys of its secret, by the inventory that lies beside it',
    async () => {
      const border = await crossing('in');
      const { test, other, denied, calls } = border;
      const ended = await test.startAndWait({}, 'in');
      expect({ ...ended, denied, there: deniedOf(calls) }).toMatchObject({
        status: 'SUCCEEDED',
        denied: [],
        there: [],
      });
      expect(expectBooks(test, 'in')).toMatchObject({ status: 'Verified', verified: { copied: COUNT } });
      expect(contentsOf(test.engine, 'photos-replica', 'out/')).toEqual(contentsOf(other, 'photos', 'in/'));
      expect(new Set(calls.map(({ principal }) => principal))).toEqual(new Set([CARRIER]));
      await expectNothingTold(border);
    },
    PATIENCE_MS,
  );

  it(
    'is listed by them, where no inventory is asked for',
    async () => {
      const { test, denied, calls } = await crossing('in');
      const ended = await test.startAndWait({ manifest: { list: true } }, 'listed');
      expect({ ...ended, denied, there: deniedOf(calls) }).toMatchObject({
        status: 'SUCCEEDED',
        denied: [],
        there: [],
      });
      expect(expectBooks(test, 'listed')).toMatchObject({
        status: 'Verified',
        scope: 'pair',
        verified: { copied: COUNT },
      });
    },
    PATIENCE_MS,
  );

  it(
    'is compared by listing each day',
    async () => {
      const { test, denied, calls, readers } = await crossing('in');
      const day = await test.ended(await test.pipeline.fireSchedule('2026-11-25T06:00:00Z'));
      expect({ ...day, denied, there: deniedOf(calls) }).toMatchObject({ status: 'SUCCEEDED', denied: [], there: [] });
      expect(day.output).toMatchObject({ way: 'whole' });
      // A run that copies nothing looks at the source of what is not there.
      test.engine.s3.deleteObject('photos-replica', 'out/1/object 0001');
      expect(await test.startAndWait({ engine: 'none' }, 'looked')).toMatchObject({ error: 'VerificationIncomplete' });
      // By now each of the functions that read there has read.
      expect([...readers].toSorted()).toEqual(mayRead(test.pipeline));
    },
    PATIENCE_MS,
  );
});

it(
  'A pair that is whole on another server has that one copy by itself',
  async () => {
    const { test, other, denied, calls } = await crossing('within');
    const ended = await test.startAndWait({}, 'within');
    expect({ ...ended, denied, there: deniedOf(calls) }).toMatchObject({ status: 'SUCCEEDED', denied: [], there: [] });
    expect(runOf(test, 'within')).toMatchObject({ isInPlace: true });
    expect(other.s3.requests.count({ operation: 'CopyObject' })).toBe(COUNT - 1);
    expect(contentsOf(other, 'replica', 'out/')).toEqual(contentsOf(other, 'photos', 'in/'));
  },
  PATIENCE_MS,
);

type Way = 'out' | 'in' | 'within';

/** The pair of each way; `secret` is the one with the keys of the other side, `endpoint` where that is. */
const PAIRS: Record<Way, (secret: string, endpoint: string) => Pick<PairInput, 'source' | 'destination'>> = {
  out: (secret, endpoint) => ({
    source: { bucket: 'photos', prefix: 'in/' },
    destination: {
      bucket: 'replica',
      prefix: 'out/',
      ...reached(secret, endpoint),
      credentialsSecretKmsKeyArn: SECRET_KEY,
    },
  }),
  in: (secret, endpoint) => ({
    source: { bucket: 'photos', prefix: 'in/', ...reached(secret, endpoint) },
    destination: { bucket: 'photos-replica', prefix: 'out/' },
  }),
  within: (secret, endpoint) => ({
    source: { bucket: 'photos', prefix: 'in/', ...reached(secret, endpoint) },
    destination: { bucket: 'replica', prefix: 'out/', ...reached(secret, endpoint) },
  }),
};

function reached(credentialsSecretArn: string, endpoint: string) {
  return { region: 'cn-north-1', endpoint, credentialsSecretArn };
}

const keysOf = ({ accessKeyId, secretAccessKey }: typeof KEY) =>
  JSON.stringify({ access_key_id: accessKeyId, secret_access_key: secretAccessKey });

async function crossing(way: Way): Promise<Border> {
  const opened = borders.get(way) ?? open(way);
  borders.set(way, opened);
  const border = await opened;
  const { test, other, calls, denied, deny } = border;
  other.s3.faults.clear();
  for (const [{ s3 }, bucket] of [
    [other, 'replica'],
    [test.engine, 'photos-replica'],
  ] as const)
    for (const key of Array.from(s3.listObjects(bucket), (object) => object.key)) s3.deleteObject(bucket, key);
  for (const { accessKeyId } of [KEY, NEW_KEY]) other.identities.remove(accessKeyId);
  other.identities.add({ ...KEY, principalArn: CARRIER });
  deny(() => false);
  await putSecret(border, keysOf(KEY));
  other.s3.requests.reset();
  for (const list of [calls, denied]) list.length = 0;
  return border;
}

/** Deploys a pair from its template, with the keys' policy as it was printed, and everything enforced on both sides. */
async function open(way: Way): Promise<Border> {
  const enforced: { here?: Permits; there?: Permits } = {};
  const [denied, logged, calls]: [string[], string[], Border['calls']] = [[], [], []];
  const readers = new Set<string>();
  let isDenied: Permits = () => false;
  const other = await startEngine({
    clock: skippingClock(),
    region: 'cn-north-1',
    accountId: THEIRS,
    credentials: { accessKeyId: 'root-of-the-other', secretAccessKey: 'root secret of the other' },
    access: {
      permits: (call) => enforced.there?.(call) ?? true,
      onCall: ({ principal, action, resource }, allowed) =>
        void (
          principal.endsWith(':root') ||
          calls.push({ principal, action: allowed ? action : `denied ${action}`, resource })
        ),
    },
  });
  let secretArn = '';
  const test = await openEngineWith(
    async (engine) => {
      engine.s3.kms.add({ arn: SECRET_KEY });
      secretArn = await createSecret(engine, way);
      return deploy(engine, { name: 'photos', inventory: INVENTORY, ...PAIRS[way](secretArn, other.endpoint) });
    },
    {
      onLog: (_, line) => void logged.push(line),
      access: {
        permits: (call) => !isDenied(call) && (enforced.here?.(call) ?? true),
        onCall: (call, allowed) => {
          if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
          else if (ABOUT_SECRETS.has(call.action) && !call.principal.endsWith(':root'))
            readers.add(`${roleOf(call.principal)} ${call.action}`);
        },
      },
    },
  );
  enforced.here = permitsOf(test.pipeline.policies);
  enforced.there = permitsOf(new Map([[CARRIER, [printedPolicy(test.pipeline, way)]]]));
  for (const { s3 } of [test.engine, other])
    for (const bucket of ['photos', 'photos-replica', 'replica', 'inventories']) s3.createBucket(bucket);
  fill(way === 'out' ? test.engine : other);
  const deny: Border['deny'] = (next) => void (isDenied = next);
  return { test, other, secretArn, deny, denied, readers, calls, logged };
}

type Permits = (call: AwsCall) => boolean;

const ABOUT_SECRETS = new Set(['secretsmanager:GetSecretValue', 'kms:Decrypt']);

/** Who may read the secret and use its key, by what the template says. */
function mayRead({ policies }: DeployedStack): string[] {
  return [...policies]
    .flatMap(([principal, documents]) =>
      documents.flatMap(({ Statement }) =>
        Statement.flatMap(({ Action }) => [Action].flat())
          .filter((action) => ABOUT_SECRETS.has(action))
          .map((action) => `${roleOf(principal)} ${action}`),
      ),
    )
    .toSorted();
}

async function deploy(engine: Engine, pair: PairInput): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(app, checkPair(pair), { region: engine.region });
  const assembly = app.synth();
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

function printedPolicy(pipeline: DeployedStack, way: Way): PolicyDocument {
  const side = { out: 'Destination', in: 'Source', within: 'Pair' }[way];
  return JSON.parse(pipeline.output(`Backfill${side}KeysPolicy`)) as PolicyDocument;
}

/** A key of KMS has a policy of its own, which the simulation would ask for: here it lets all of its account. */
function permitsOf(identity: ReadonlyMap<string, PolicyDocument[]>): (call: AwsCall) => boolean {
  const enforced = enforcer({ identity, resource: () => undefined });
  const isNamed = ({ principal, action, resource }: AwsCall) =>
    (identity.get(principal) ?? []).some(({ Statement }) =>
      Statement.some(
        ({ Action, Resource }) =>
          [Action].flat().includes(action) && [Resource].flat().some((each) => covers(each, resource)),
      ),
    );
  return (call) => (call.action.startsWith('kms:') ? isNamed(call) : enforced(call));
}

async function createSecret(engine: Engine, way: Way): Promise<string> {
  const { ARN = '' } = await secretsOf(engine).send(
    new CreateSecretCommand({
      Name: 'carrier',
      SecretString: keysOf(KEY),
      ...(way === 'out' ? { KmsKeyId: SECRET_KEY } : {}),
    }),
  );
  return ARN;
}

async function putSecret({ test, secretArn }: Border, SecretString: string): Promise<void> {
  await secretsOf(test.engine).send(new PutSecretValueCommand({ SecretId: secretArn, SecretString }));
}

/** Waits until a part of an upload is there. */
async function firstPart({ endpoint, region, credentials }: Engine, Key: string): Promise<void> {
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'replica', Prefix: Key }));
  const { UploadId } = Uploads[0] ?? {};
  for (let parts = 0; parts === 0;)
    parts = (await client.send(new ListPartsCommand({ Bucket: 'replica', Key, UploadId }))).Parts?.length ?? 0;
  client.destroy();
}

function secretsOf({ endpoint, region, credentials }: Engine): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint, region, credentials });
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

function contentsOf({ s3 }: Engine, bucket: string, prefix: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...s3.listObjects(bucket, prefix)].map(({ key }) => [key.slice(prefix.length), s3.getObject(bucket, key)?.etag]),
  );
}

function deniedOf(calls: Border['calls']): string[] {
  return calls
    .filter(({ action }) => action.startsWith('denied'))
    .map(({ action, resource }) => `${action} ${resource}`);
}

function runOf({ engine, pipeline }: EngineUnderTest<DeployedStack>, runId: string) {
  const file = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/request.json`);
  return runSchema.parse(JSON.parse(String(file?.body)));
}

/** Neither what a run leaves nor what it logged holds a key: not the secret half, not the id. */
async function expectNothingTold({ test, logged, secretArn }: Border, ...more: string[]): Promise<void> {
  const left = [...logged, ...(await leftBehind(test))].join('\n');
  // It is looked in the right place: what names the secret is there.
  expect(left).toContain(secretArn);
  expect(logged.length).toBeGreaterThan(0);
  const secrets = [KEY, NEW_KEY].flatMap(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey]);
  expect([...secrets, ...more].filter((secret) => left.includes(secret))).toEqual([]);
}
