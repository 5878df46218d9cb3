import {
  DeleteObjectCommand,
  GetBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import { testApp } from '../infra/synthesize.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { changeResource } from '../support/custom-resources.js';
import { deployStack, type DeployedStack, type PolicyDocument } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { covers, enforcer, grantsOf, isUnder, type Grant } from '../support/iam.js';

const OTHER = '210987654321';
const HOUR_MS = 3_600_000;
/** Bundling, synthesizing and deploying a stack, on a machine that does other things too. */
const SLOW = 600_000;

interface World {
  test: EngineUnderTest<DeployedStack>;
  /** What was asked of the roles of the stack. */
  asked: AwsCall[];
  /** What was denied to them. */
  denied: string[];
}

let opened: World | undefined;
afterEach(async () => {
  await opened?.test.close();
  opened = undefined;
});

/**
 * A pair that replicates live, its stack deployed with all roles held to their policies; its rule is not put yet.
 * @param buckets how the two are made, where they are not plain versioned ones
 */
async function deploy(
  more: Partial<PairInput> = {},
  buckets: { versioning?: 'off'; destinationAccount?: string } = {},
): Promise<World> {
  let permits: ((call: AwsCall) => boolean) | undefined;
  const asked: AwsCall[] = [];
  const denied: string[] = [];
  const test = await openEngineWith(
    async (engine) => {
      const versioning = buckets.versioning === 'off' ? {} : { versioning: 'Enabled' as const };
      const { destinationAccount: account } = buckets;
      engine.s3.createBucket('photos', versioning);
      engine.s3.createBucket('photos-replica', { ...versioning, ...(account !== undefined && { account }) });
      engine.s3.createBucket('inventories');
      return deployStack(engine, ...synthesize(more));
    },
    {
      access: {
        permits: (call) => permits?.(call) ?? true,
        onCall: (call, allowed) => {
          if (call.principal.endsWith(':root')) return;
          asked.push(call);
          if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
        },
      },
    },
  );
  const enforced = enforcer({ identity: test.pipeline.policies, resource: () => undefined });
  permits = (call) => {
    // A key's own policy has to let IAM decide about it first, and so it does here.
    if (call.action.startsWith('kms:')) return mayUseKey(test.pipeline, call);
    return call.context['aws:ResourceAccount'] === OTHER ? mayReachOther(test.pipeline, call) : enforced(call);
  };
  opened = { test, asked, denied };
  return opened;
}

function synthesize(more: Partial<PairInput>): [template: TemplateJson, assets: string] {
  const app = testApp();
  const here = { account: '123456789012', region: 'us-east-1' };
  const pair = checkPair({
    name: 'photos',
    source: { bucket: 'photos', prefix: 'in/' },
    destination: { bucket: 'photos-replica' },
    inventory: { bucket: 'inventories', prefix: 'daily', configId: 'every-object' },
    live: 'replication',
    ...more,
  });
  const stack = new BackfillStack(app, pair, here);
  const assembly = app.synth();
  return [assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory];
}

/** What CloudFormation does with the custom resources of the stack. */
async function change({ test }: World, RequestType: 'Create' | 'Update' | 'Delete'): Promise<void> {
  for (const resource of test.pipeline.customResources) await changeResource(test.engine, resource, RequestType);
}

async function put({ test }: World, Bucket: string, Key: string, more: { Tagging?: string } = {}): Promise<string> {
  const { VersionId = '' } = await test.s3.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}`, ...more }));
  await test.engine.s3.replication.settled();
  return VersionId;
}

const versions = ({ s3 }: Engine, bucket: string) => [...s3.listVersions(bucket)];
const keys = (engine: Engine, bucket: string) => versions(engine, bucket).map(({ key }) => key);
const status = ({ s3 }: Engine, bucket: string, key: string) => s3.getObject(bucket, key)?.replicationStatus;
const rules = async ({ test: { s3 } }: World, Bucket = 'photos') => {
  const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket }));
  return ReplicationConfiguration?.Rules ?? [];
};

describe('A pair with live: "replication"', () => {
  it(
    'has its old objects by a run, and its new ones by S3: no byte of those goes through a function',
    async () => {
      const world = await deploy({}, { versioning: 'off' });
      const { engine, s3 } = world.test;
      await expect(change(world, 'Create')).rejects.toMatchObject({
        name: 'VersioningOff',
        message: expect.stringContaining('off on photos and photos-replica'),
      });
      for (const Bucket of ['photos', 'photos-replica'])
        await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
      const at = engine.clock.now() - 2 * HOUR_MS;
      for (let index = 0; index < 30; index++)
        engine.s3.putObject('photos', `in/old ${index}`, Buffer.from(`old ${index}`), { lastModified: at - HOUR_MS });
      await change(world, 'Create');
      expect(keys(engine, 'photos-replica')).toEqual([]);

      const fresh = await put(world, 'photos', 'in/new', { Tagging: 'k=v' });
      await put(world, 'photos', 'elsewhere/new');
      expect(versions(engine, 'photos-replica').map(({ key, versionId }) => [key, versionId])).toEqual([
        ['in/new', fresh],
      ]);
      expect(engine.s3.getObject('photos-replica', 'in/new')?.tags).toEqual(new Map([['k', 'v']]));
      expect([status(engine, 'photos', 'in/new'), status(engine, 'photos', 'in/old 1')]).toEqual([
        'COMPLETED',
        undefined,
      ]);

      expect(world.test.pipeline.output('BackfillReplicationCoversNewObjects')).toBe(
        `aws stepfunctions start-execution --state-machine-arn ${world.test.pipeline.stateMachineArn} --input '{}'`,
      );
      engine.s3.deliverInventory({
        bucket: 'photos',
        destinationBucket: 'inventories',
        prefix: 'daily',
        configId: 'every-object',
      });
      engine.s3.requests.reset();
      const ended = await world.test.startAndWait({});
      expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { verified: { copied: 30, identical: 1 } } });
      expect(engine.s3.requests.count({ operation: 'CopyObject' })).toBe(30);
      // A copy of a run is no replica, and nothing of it comes back.
      await engine.s3.replication.settled();
      expect(status(engine, 'photos-replica', 'in/old 1')).toBeUndefined();
      expect(world.denied).toEqual([]);
    },
    SLOW,
  );

  it(
    'gives replicas to the owner of a destination of another account',
    async () => {
      const world = await deploy(
        { destination: { bucket: 'photos-replica', account: OTHER } },
        { destinationAccount: OTHER },
      );
      await change(world, 'Create');
      expect(await rules(world)).toMatchObject([
        { Destination: { Account: OTHER, AccessControlTranslation: { Owner: 'Destination' } } },
      ]);
      await put(world, 'photos', 'in/a');
      expect(status(world.test.engine, 'photos', 'in/a')).toBe('COMPLETED');
      expect(world.asked.map(({ action }) => action)).toContain('s3:ObjectOwnerOverrideToBucketOwner');
      const policy = JSON.parse(world.test.pipeline.output('BackfillReplicationBucketPolicy')) as PolicyDocument;
      expect(policy.Statement).toMatchObject([
        {
          Sid: 'WriteReplicas',
          Principal: { AWS: expect.stringContaining('ReplicationRole') },
          Action: ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ObjectOwnerOverrideToBucketOwner'],
          Resource: ['arn:aws:s3:::photos-replica/in/*'],
        },
        { Sid: 'LookAtVersioning', Action: 's3:GetBucketVersioning' },
      ]);
      expect(world.denied).toEqual([]);
    },
    SLOW,
  );
});

describe('A pair that replicates both ways', () => {
  const from = 'arn:aws:kms:us-east-1:123456789012:key/from';
  const to = 'arn:aws:kms:us-east-1:123456789012:key/to';
  let world: World;
  beforeAll(async () => {
    world = await deploy(
      {
        direction: 'both',
        replication: { deleteMarkers: true, enableVersioning: true },
        copy: { objectLock: 'copy' },
        source: { bucket: 'photos', prefix: 'in/', kmsKeyArn: from },
        destination: { bucket: 'photos-replica', kmsKeyArn: to },
      },
      { versioning: 'off' },
    );
    // Kept over the tests of this part.
    opened = undefined;
    for (const arn of [from, to]) world.test.engine.s3.kms.add({ arn });
    await change(world, 'Create');
    await change(world, 'Update');
  }, SLOW);
  afterAll(() => world.test.close(), SLOW);

  it(
    'has a rule in each bucket, versioning in both, and nothing that loops',
    async () => {
      const { engine, s3 } = world.test;
      expect([await rules(world), await rules(world, 'photos-replica')]).toMatchObject([
        [{ ID: 's3-backfill-photos', SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' } } }],
        [{ ID: 's3-backfill-photos-back', Destination: { Bucket: 'arn:aws:s3:::photos' } }],
      ]);
      for (const [Bucket, SSEKMSKeyId] of [
        ['photos', from],
        ['photos-replica', to],
      ] as const) {
        await put(world, Bucket, `in/tagged ${Bucket}`, { Tagging: 'k=v' });
        const underKms = { Bucket, Key: `in/secret ${Bucket}`, ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const;
        await s3.send(new PutObjectCommand({ ...underKms, Body: 'x' }));
        await engine.s3.replication.settled();
      }
      expect(versions(engine, 'photos')).toEqual(versions(engine, 'photos-replica'));
      expect(versions(engine, 'photos')).toHaveLength(4);
      expect([
        status(engine, 'photos', 'in/tagged photos'),
        status(engine, 'photos-replica', 'in/tagged photos'),
      ]).toEqual(['COMPLETED', 'REPLICA']);
    },
    SLOW,
  );

  it(
    'brings changes of replicas back, and deletions over',
    async () => {
      const { engine, s3 } = world.test;
      const Tagging = { TagSet: [{ Key: 'seen', Value: 'yes' }] };
      await s3.send(new PutObjectTaggingCommand({ Bucket: 'photos-replica', Key: 'in/tagged photos', Tagging }));
      await engine.s3.replication.settled();
      expect(engine.s3.getObject('photos', 'in/tagged photos')?.tags).toEqual(new Map([['seen', 'yes']]));
      for (const Bucket of ['photos', 'photos-replica']) {
        await s3.send(new DeleteObjectCommand({ Bucket, Key: `in/tagged ${Bucket}` }));
        await engine.s3.replication.settled();
      }
      expect(versions(engine, 'photos')).toEqual(versions(engine, 'photos-replica'));
      expect(versions(engine, 'photos')).toHaveLength(6);
    },
    SLOW,
  );

  it(
    'has policies that allow every call that S3 and the custom resource make, and its rules are removed with it',
    async () => {
      await change(world, 'Delete');
      await expect(rules(world)).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
      await expect(rules(world, 'photos-replica')).rejects.toMatchObject({
        name: 'ReplicationConfigurationNotFoundError',
      });
      expect(world.denied).toEqual([]);
      expect(world.asked.filter(({ principal }) => isOfReplication(principal)).length).toBeGreaterThan(40);
    },
    SLOW,
  );

  it('has policies that allow nothing which is not used, but what Lambda itself and Object Lock need', () => {
    const used = (grant: Grant) => world.asked.some((call) => isUnder(grant, call));
    const unused = grantsOf(world.test.pipeline.policies).filter(
      (grant) => isOfReplication(grant.principal) && !used(grant),
    );
    // The engine has no CloudWatch Logs; locks are asked for in buckets with Object Lock, which is on in none of these.
    expect([...new Set(unused.map(({ action }) => action))].sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObjectLegalHold',
      's3:GetObjectRetention',
    ]);
  });
});

/** Whether a role's own policy lets it use a key, through S3. */
function mayUseKey({ policies }: DeployedStack, { principal, action, resource, context }: AwsCall): boolean {
  const statements = (policies.get(principal) ?? []).flatMap(({ Statement }) => Statement);
  return statements.some((statement) => {
    const { StringLike } = (statement as { Condition?: { StringLike?: Record<string, string> } }).Condition ?? {};
    return (
      [statement.Action].flat().includes(action) &&
      [statement.Resource].flat().includes(resource) &&
      covers(StringLike?.['kms:ViaService'] ?? '', String(context['kms:ViaService']))
    );
  });
}

/** In a bucket of another account both have to allow it: the role's own policy, and the one that the stack prints for the bucket. */
function mayReachOther(stack: DeployedStack, { principal, action, resource }: AwsCall): boolean {
  const printed = JSON.parse(stack.output('BackfillReplicationBucketPolicy')) as PolicyDocument;
  const own = (stack.policies.get(principal) ?? []).flatMap(({ Statement }) => Statement);
  const theirs = printed.Statement.filter(
    (statement) => (statement as { Principal?: { AWS?: string } }).Principal?.AWS === principal,
  );
  return [own, theirs].every((statements) =>
    statements.some(
      ({ Action, Resource }) =>
        [Action].flat().includes(action) && [Resource].flat().some((pattern) => covers(pattern, resource)),
    ),
  );
}

const isOfReplication = (principal: string) => /role\/Backfill(?:Manage)?Replication(?:Back)?Role/.test(principal);
