import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack } from '../support/deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { enforcer, grantsOf, isUnder, type Grant } from '../support/iam.js';
import { expectBooks, VERSION_FIELDS } from '../support/world.js';
import { PHOTOS, testApp } from './synthesize.js';

const MIB = 1024 ** 2;

/** The two-way test of a pair that may only look; test/infra/least-privilege.test.ts has that of one that copies. */
describe('A pair that was deployed with engine "none"', () => {
  let test: EngineUnderTest<DeployedStack>;
  const calls: AwsCall[] = [];
  const denied: string[] = [];
  beforeAll(async () => {
    let permits: ((call: AwsCall) => boolean) | undefined;
    test = await openEngineWith(deploy, {
      access: {
        permits: (call) => permits?.(call) ?? true,
        onCall: (call, allowed) => {
          calls.push(call);
          if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
        },
      },
    });
    const { policies, workBucket, workBucketPolicy } = test.pipeline;
    permits = enforcer({
      identity: policies,
      resource: (arn) => (arn.startsWith(`arn:aws:s3:::${workBucket}`) ? workBucketPolicy : undefined),
    });
    fill(test.engine);
  }, 300_000);
  afterAll(() => test.close());

  it('names what another tool missed, under its own policies, and is Verified when that is there', async () => {
    expect(await test.startAndWait({}, 'looked')).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test, 'looked')).toMatchObject({
      verified: { identical: 2, copied: 0 },
      failed: 1,
      message: expect.stringContaining(
        'This pair may copy nothing: have them copied, then check exactly these again: ',
      ),
    });
    test.engine.s3.putObject('photos-replica', 'out/missing', Buffer.from('found'));
    const again = JSON.parse(test.summary('looked')?.links.redriveInput ?? '') as object;
    expect(await test.startAndWait(again, 'again')).toMatchObject({ status: 'SUCCEEDED' });
    // Gone from both sides since the inventory, which is no miss; then by a listing of the source.
    test.engine.s3.deleteObject('photos', 'in/same');
    test.engine.s3.deleteObject('photos-replica', 'out/same');
    expect(await test.startAndWait({ versions: 'current' }, 'gone')).toMatchObject({ status: 'SUCCEEDED' });
    expect(expectBooks(test, 'gone')).toMatchObject({ gone: 1, verified: { identical: 2 } });
    const listed = await test.startAndWait({ versions: 'current', manifest: { list: true } }, 'listed');
    expect(listed).toMatchObject({ status: 'SUCCEEDED' });
    expect(denied).toEqual([]);
  }, 300_000);

  it('is asked in vain to copy', async () => {
    const ended = await test.startAndWait({ engine: 'copy' });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'OutsidePair' });
    expect(ended.cause).toContain('expected \\"none\\", the pair');
  }, 120_000);

  it('may do on both sides what its runs do there, and nothing else', () => {
    const grants = grantsOf(test.pipeline.policies);
    const onSides = grants.filter(({ resource }) => /^arn:aws:s3:::photos(?:-replica)?(?:\/|$)/.test(resource));
    expect(onSides.length).toBeGreaterThan(8);
    const isUsed = (grant: Grant) => calls.some((call) => isUnder(grant, call));
    expect(onSides.filter((grant) => !isUsed(grant))).toEqual([]);
    const onDestination = onSides.filter(({ resource }) => resource.startsWith('arn:aws:s3:::photos-replica'));
    expect([...new Set(onDestination.map(({ action }) => action))].toSorted()).toEqual([
      's3:GetEncryptionConfiguration',
      's3:GetObject',
      's3:GetObjectVersion',
      's3:ListBucket',
      's3:ListBucketVersions',
    ]);
  });
});

function deploy(engine: Engine): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(
    app,
    checkPair({
      ...PHOTOS,
      source: { bucket: 'photos', prefix: 'in/' },
      destination: { bucket: 'photos-replica', prefix: 'out/' },
      copy: { engine: 'none', versions: 'all' },
    }),
  );
  const assembly = app.synth();
  for (const bucket of ['photos', 'photos-replica']) engine.s3.createBucket(bucket, { versioning: 'Enabled' });
  engine.s3.createBucket('inventories');
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

function fill({ s3, clock }: Engine): void {
  const old = { lastModified: clock.now() - 86_400_000 };
  s3.putObject('photos', 'in/same', Buffer.from('the same'), old);
  s3.putObject('photos', 'in/parts', { zeros: 12 * MIB }, { ...old, multipartParts: 2 });
  s3.putObject('photos', 'in/missing', Buffer.from('found'), old);
  s3.putObject('photos-replica', 'out/same', Buffer.from('the same'));
  s3.putObject('photos-replica', 'out/parts', { zeros: 12 * MIB }, { multipartParts: 3 });
  s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: 'inventories',
    prefix: 'daily',
    configId: 'every-object',
    fields: VERSION_FIELDS,
  });
}
