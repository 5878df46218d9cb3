import { describe, expect, it } from '@jest/globals';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack } from '../support/deployed-stack.js';
import { openEngineWith } from '../support/engine.js';
import { enforcer } from '../support/iam.js';
import { VERSION_FIELDS } from '../support/world.js';
import { PHOTOS, testApp } from './synthesize.js';

const MIB = 1024 ** 2;
const FOREVER = Date.UTC(2099, 0, 1);
/** What the pair's `copy` adds to the permissions of every pair, all of them used by one run. */
const POWERS = [
  'photos s3:GetObjectLegalHold',
  'photos s3:GetObjectRetention',
  'photos s3:GetObjectVersion',
  'photos s3:GetObjectVersionAcl',
  'photos s3:GetObjectVersionTagging',
  'photos s3:ListBucketVersions',
  'photos s3:RestoreObject',
  'photos-replica s3:DeleteObject',
  'photos-replica s3:GetBucketVersioning',
  'photos-replica s3:GetObjectVersion',
  'photos-replica s3:ListBucketVersions',
  'photos-replica s3:PutObjectAcl',
  'photos-replica s3:PutObjectLegalHold',
  'photos-replica s3:PutObjectRetention',
];

describe('A pair that copies versions, ACLs and locks, and restores', () => {
  it('may do what that needs, and no more: the run ends Verified under its own policies', async () => {
    let permits: ((call: AwsCall) => boolean) | undefined;
    const [used, denied]: [Set<string>, string[]] = [new Set(), []];
    const test = await openEngineWith(deployPhotos, {
      access: {
        permits: (call) => permits?.(call) ?? true,
        onCall: ({ principal, action, resource }, allowed) => {
          if (!allowed) denied.push(`${principal} ${action} ${resource}`);
          const [, bucket = ''] = /^arn:aws:s3:::([^/]+)/.exec(resource) ?? [];
          if (principal.includes('Role')) used.add(`${bucket} ${action}`);
        },
      },
    });
    try {
      const { policies, workBucket, workBucketPolicy } = test.pipeline;
      permits = enforcer({
        identity: policies,
        resource: (arn) => (arn.startsWith(`arn:aws:s3:::${workBucket}`) ? workBucketPolicy : undefined),
      });
      fill(test.engine);
      const ended = await test.startAndWait({});
      expect({ status: ended.status, cause: ended.cause, denied }).toEqual({ status: 'SUCCEEDED', denied: [] });
      expect(ended.output).toMatchObject({ status: 'Verified', scope: 'pair', verified: { identical: 1, copied: 6 } });
      expect(await test.startAndWait({ proof: 'strong', source: { prefix: 'in/sealed' } })).toMatchObject({
        status: 'SUCCEEDED',
      });
      expect(denied).toEqual([]);
      expect(POWERS.filter((power) => !used.has(power))).toEqual([]);
      const granted = [...policies.values()].flatMap((documents) =>
        documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)),
      );
      for (const power of POWERS) expect(granted).toContain(power.split(' ')[1]);
    } finally {
      await test.close();
    }
  }, 120_000);

  it('has none of it where its pair says nothing of it', () => {
    const { template } = synthesized({});
    for (const action of new Set(POWERS.map((power) => power.split(' ')[1] ?? '')).values())
      if (action !== 's3:DeleteObject') expect(JSON.stringify(template)).not.toContain(`"${action}"`);
  });
});

function synthesized(copy: object) {
  const app = testApp();
  const stack = new BackfillStack(
    app,
    checkPair({
      ...PHOTOS,
      source: { bucket: 'photos', prefix: 'in/' },
      destination: { bucket: 'photos-replica', prefix: 'out/' },
      ...copy,
    }),
  );
  const assembly = app.synth();
  return {
    template: assembly.getStackByName(stack.stackName).template as TemplateJson,
    directory: assembly.directory,
  };
}

function deployPhotos(engine: Engine): Promise<DeployedStack> {
  const { template, directory } = synthesized({
    copy: { versions: 'all', acl: 'copy', objectLock: 'copy', archived: 'restore', restoreTier: 'Expedited' },
  });
  for (const bucket of ['photos', 'photos-replica'])
    engine.s3.createBucket(bucket, { versioning: 'Enabled', objectLock: true, ownership: 'BucketOwnerPreferred' });
  engine.s3.createBucket('inventories');
  return deployStack(engine, template, directory);
}

function fill({ s3, clock }: Engine): void {
  const old = { lastModified: clock.now() - 86_400_000 };
  s3.putObject('photos', 'in/a', Buffer.from('one'), { ...old, tags: { kind: 'holiday' } });
  s3.putObject('photos', 'in/a', Buffer.from('two'), {
    ...old,
    objectLock: { mode: 'GOVERNANCE', retainUntil: FOREVER, legalHold: true },
    acl: [{ grantee: { type: 'CanonicalUser', id: 'f'.repeat(64) }, permission: 'READ' }],
  });
  s3.deleteObject('photos', 'in/a');
  s3.putObject('photos', 'in/frozen', Buffer.from('ice'), { ...old, storageClass: 'GLACIER' });
  s3.putObject('photos', 'in/parts', { zeros: 12 * MIB }, { ...old, multipartParts: 2, tags: { kind: 'film' } });
  s3.putObject('photos', 'in/sealed', Buffer.from('of old'), { ...old, multipartParts: 2 });
  // Brought by somebody else, in other parts: only a look at that version tells.
  s3.putObject('photos', 'in/sealed too', Buffer.from('the same'), old);
  s3.putObject('photos-replica', 'out/sealed too', Buffer.from('the same'), { multipartParts: 2 });
  s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: 'inventories',
    prefix: 'daily',
    configId: 'every-object',
    fields: VERSION_FIELDS,
  });
}
