import {
  DeleteObjectCommand,
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type ReplicationRule,
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
import { covers, enforcer } from '../support/iam.js';

const OTHER = '210987654321';
const HOUR_MS = 3_600_000;

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
  permits = enforcer({ identity: test.pipeline.policies, resource: () => undefined });
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

const theirs: ReplicationRule = {
  ID: 'theirs',
  Status: 'Enabled',
  Priority: 1,
  Filter: { Prefix: 'other/' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: { Bucket: 'arn:aws:s3:::photos-replica' },
};

describe('A pair with live: "replication"', () => {
  it('has its old objects by a run, and its new ones by S3: no byte of those goes through a function', async () => {
    const world = await deploy();
    const { engine } = world.test;
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

    expect(world.test.pipeline.output('ReplicationCoversNewObjects')).toBe(
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
  }, 60_000);

  it('replicates both ways without a loop, and changes to replicas go back', async () => {
    const world = await deploy({ direction: 'both', replication: { deleteMarkers: true } });
    const { engine, s3 } = world.test;
    await change(world, 'Create');
    await put(world, 'photos', 'in/from source');
    await put(world, 'photos-replica', 'in/from destination');
    expect(versions(engine, 'photos')).toEqual(versions(engine, 'photos-replica'));
    expect(versions(engine, 'photos')).toHaveLength(2);

    const Tagging = { TagSet: [{ Key: 'seen', Value: 'yes' }] };
    await s3.send(new PutObjectTaggingCommand({ Bucket: 'photos-replica', Key: 'in/from source', Tagging }));
    await engine.s3.replication.settled();
    expect(engine.s3.getObject('photos', 'in/from source')?.tags).toEqual(new Map([['seen', 'yes']]));

    await s3.send(new DeleteObjectCommand({ Bucket: 'photos-replica', Key: 'in/from source' }));
    await engine.s3.replication.settled();
    expect(versions(engine, 'photos')).toEqual(versions(engine, 'photos-replica'));
    expect(versions(engine, 'photos')).toHaveLength(3);
    expect(world.denied).toEqual([]);
  }, 60_000);

  it('is refused where versioning is off, and switches it on where the pair says so', async () => {
    const world = await deploy({}, { versioning: 'off' });
    await expect(change(world, 'Create')).rejects.toMatchObject({
      name: 'VersioningOff',
      message: expect.stringContaining('off on photos and photos-replica'),
    });
    await world.test.s3.send(
      new PutBucketVersioningCommand({ Bucket: 'photos', VersioningConfiguration: { Status: 'Enabled' } }),
    );
    await expect(change(world, 'Create')).rejects.toMatchObject({
      message: expect.stringMatching(/off on photos-replica, .+replication\.enableVersioning: true/),
    });
    await world.test.close();
    const enabling = await deploy({ replication: { enableVersioning: true } }, { versioning: 'off' });
    await change(enabling, 'Create');
    await put(enabling, 'photos', 'in/a');
    expect(keys(enabling.test.engine, 'photos-replica')).toEqual(['in/a']);
    expect(enabling.denied).toEqual([]);
  }, 60_000);

  it('gives replicas to the owner of a destination of another account', async () => {
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
    const policy = JSON.parse(world.test.pipeline.output('ReplicationBucketPolicy')) as PolicyDocument;
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
  }, 60_000);

  it('says in its own words that versioning is off in a bucket of another account', async () => {
    const world = await deploy(
      { destination: { bucket: 'photos-replica', account: OTHER } },
      { destinationAccount: OTHER, versioning: 'off' },
    );
    await world.test.s3.send(
      new PutBucketVersioningCommand({ Bucket: 'photos', VersioningConfiguration: { Status: 'Enabled' } }),
    );
    await expect(change(world, 'Create')).rejects.toMatchObject({
      name: 'VersioningOff',
      message: expect.stringContaining('Have its owner switch it on'),
    });
  }, 60_000);
});

describe('The replication configuration of the source', () => {
  const there = (world: World, Role: string, ...Rules: ReplicationRule[]) =>
    world.test.s3.send(
      new PutBucketReplicationCommand({ Bucket: 'photos', ReplicationConfiguration: { Role, Rules } }),
    );
  const ROLE = 'arn:aws:iam::123456789012:role/theirs';

  it('keeps the rules of others under their role, which is named; only ours is removed', async () => {
    const world = await deploy({ replication: { roleArn: ROLE } });
    await there(world, ROLE, theirs);
    await change(world, 'Create');
    expect((await rules(world)).map(({ ID, Priority }) => [ID, Priority])).toEqual([
      ['theirs', 1],
      ['s3-backfill-photos', 2],
    ]);
    const printed = JSON.parse(world.test.pipeline.output('ReplicationRolePolicy')) as PolicyDocument;
    expect(printed.Statement.map(({ Sid }) => Sid)).toEqual(['ReadConfiguration', 'ReadVersions', 'WriteReplicas']);
    await there(world, ROLE, theirs, ...(await rules(world)).slice(1));
    await change(world, 'Update');
    expect(await rules(world)).toHaveLength(2);
    await change(world, 'Delete');
    expect(await rules(world)).toEqual([theirs]);
    expect(world.denied).toEqual([]);
  }, 60_000);

  it('is deleted with the last rule, and a bucket that is gone is no trouble', async () => {
    const world = await deploy();
    await change(world, 'Create');
    await change(world, 'Delete');
    await expect(rules(world)).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
    await change(world, 'Delete');
  }, 60_000);

  it('refuses what collides, and stays as it is: another role, the same priority, the old schema', async () => {
    const world = await deploy({ replication: { roleArn: ROLE, priority: 7 } });
    const old: ReplicationRule = {
      ID: 'old',
      Status: 'Enabled',
      Prefix: 'other/',
      Destination: { Bucket: 'arn:aws:s3:::photos-replica' },
    };
    for (const [role, rule, words] of [
      [`${ROLE}-another`, theirs, 'one role for all rules'],
      [ROLE, { ...theirs, Priority: 7 }, 'theirs of the priority 7'],
      [ROLE, old, 'old of the old schema'],
    ] as const) {
      await there(world, role, rule);
      await expect(change(world, 'Create')).rejects.toMatchObject({
        name: 'ReplicationConflict',
        message: expect.stringContaining(words),
      });
      expect(await rules(world)).toEqual([rule]);
    }
  }, 60_000);

  it('says all that the pair says', async () => {
    const world = await deploy({
      replication: {
        storageClass: 'GLACIER_IR',
        deleteMarkers: true,
        timeControl: true,
        priority: 40,
      },
      source: { bucket: 'photos', prefix: 'in/', kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/from' },
      destination: { bucket: 'photos-replica', kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/to' },
    });
    await change(world, 'Create');
    expect(await rules(world)).toEqual([
      {
        ID: 's3-backfill-photos',
        Status: 'Enabled',
        Priority: 40,
        Filter: { Prefix: 'in/' },
        DeleteMarkerReplication: { Status: 'Enabled' },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
        Destination: {
          Bucket: 'arn:aws:s3:::photos-replica',
          StorageClass: 'GLACIER_IR',
          EncryptionConfiguration: { ReplicaKmsKeyID: 'arn:aws:kms:us-east-1:123456789012:key/to' },
          Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
          ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        },
      },
    ]);
  }, 60_000);
});

describe('The policies of replication', () => {
  let world: World;
  beforeAll(async () => {
    world = await deploy(
      {
        direction: 'both',
        replication: { deleteMarkers: true, enableVersioning: true },
        copy: { objectLock: 'copy' },
        source: { bucket: 'photos', prefix: 'in/', kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/from' },
        destination: { bucket: 'photos-replica', kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/to' },
      },
      { versioning: 'off' },
    );
    // Kept over the tests of this part.
    opened = undefined;
    const { engine, s3 } = world.test;
    await change(world, 'Create');
    await change(world, 'Update');
    engine.s3.kms.add({ arn: 'arn:aws:kms:us-east-1:123456789012:key/from' });
    engine.s3.kms.add({ arn: 'arn:aws:kms:us-east-1:123456789012:key/to' });
    for (const [Bucket, SSEKMSKeyId] of [
      ['photos', 'arn:aws:kms:us-east-1:123456789012:key/from'],
      ['photos-replica', 'arn:aws:kms:us-east-1:123456789012:key/to'],
    ] as const) {
      await put(world, Bucket, `in/tagged ${Bucket}`, { Tagging: 'k=v' });
      const underKms = { Bucket, Key: `in/secret ${Bucket}`, ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const;
      await s3.send(new PutObjectCommand({ ...underKms, Body: 'x' }));
      await s3.send(new DeleteObjectCommand({ Bucket, Key: `in/tagged ${Bucket}` }));
      await engine.s3.replication.settled();
    }
    await change(world, 'Delete');
  }, 60_000);
  afterAll(() => world.test.close());

  const isOfReplication = (principal: string) => /role\/Backfill(?:Manage)?Replication(?:Back)?Role/.test(principal);

  it('allow every call that S3 and the custom resource make', () => {
    expect(world.denied).toEqual([]);
    expect(world.asked.filter(({ principal }) => isOfReplication(principal)).length).toBeGreaterThan(40);
  });

  it('allow nothing that is not used, but what Lambda itself and Object Lock need', () => {
    const unused = [...world.test.pipeline.policies].flatMap(([principal, documents]) =>
      !isOfReplication(principal)
        ? []
        : documents.flatMap(({ Statement }) =>
            Statement.flatMap(({ Action, Resource }) =>
              [Action]
                .flat()
                .flatMap((action) =>
                  [Resource]
                    .flat()
                    .flatMap((resource) =>
                      world.asked.some(
                        (call) =>
                          call.principal === principal && call.action === action && covers(resource, call.resource),
                      )
                        ? []
                        : [action],
                    ),
                ),
            ),
          ),
    );
    // The engine has no CloudWatch Logs; locks are asked for in buckets with Object Lock, which is on in none of these.
    expect([...new Set(unused)].sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObjectLegalHold',
      's3:GetObjectRetention',
    ]);
  });
});
