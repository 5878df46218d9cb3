import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { skippingClock } from '../../../local/clock.js';
import { startEngine, type Engine } from '../../../local/engine.js';

const ROLE = 'arn:aws:iam::123456789012:role/worker';
const roleKeys = { accessKeyId: 'AKIAWORKER', secretAccessKey: 'of the worker' };
const clock = skippingClock();
const told: AwsCall[] = [];
const denied = new Set<string>();
let engine: Engine;
let client: SecretsManagerClient;
let worker: SecretsManagerClient;
let made = 0;

beforeAll(async () => {
  engine = await startEngine({
    clock,
    access: { permits: ({ action }) => !denied.has(action), onCall: (call) => void told.push(call) },
  });
  engine.identities.add({ ...roleKeys, principalArn: ROLE });
  const { endpoint, region, credentials } = engine;
  client = new SecretsManagerClient({ endpoint, region, credentials, maxAttempts: 1 });
  worker = new SecretsManagerClient({ endpoint, region, credentials: roleKeys, maxAttempts: 1 });
});
afterAll(() => engine.close());
beforeEach(() => {
  told.length = 0;
  denied.clear();
});

async function create(SecretString = 'first', more: object = {}) {
  const Name = `secret-${(made += 1)}`;
  const { ARN = '', VersionId = '' } = await client.send(new CreateSecretCommand({ Name, SecretString, ...more }));
  return { Name, ARN, VersionId };
}

const valueOf = async (SecretId: string, more: object = {}) =>
  (await client.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString;

describe('A secret', () => {
  it('is read by its name and by its ARN, which ends in six characters', async () => {
    const { Name, ARN, VersionId } = await create();
    expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:123456789012:secret:${Name}-[A-Za-z0-9]{6}$`));
    for (const SecretId of [Name, ARN])
      expect(await client.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
        ARN,
        Name,
        VersionId,
        SecretString: 'first',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      });
  });

  it('holds text or bytes', async () => {
    const Name = `secret-${(made += 1)}`;
    await client.send(new CreateSecretCommand({ Name, SecretBinary: Buffer.from([0, 1, 255]) }));
    const { SecretBinary, SecretString } = await client.send(new GetSecretValueCommand({ SecretId: Name }));
    expect([Buffer.from(SecretBinary ?? []), SecretString]).toEqual([Buffer.from([0, 1, 255]), undefined]);
  });

  it('has a current value and the previous one, and others under labels of their own', async () => {
    const { Name, VersionId } = await create();
    const second = await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'second' }));
    expect(second.VersionStages).toEqual(['AWSCURRENT']);
    expect(await valueOf(Name)).toBe('second');
    expect(await valueOf(Name, { VersionStage: 'AWSPREVIOUS' })).toBe('first');
    expect(await valueOf(Name, { VersionId })).toBe('first');
    const pending = await client.send(
      new PutSecretValueCommand({ SecretId: Name, SecretString: 'third', VersionStages: ['AWSPENDING'] }),
    );
    expect(await valueOf(Name)).toBe('second');
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: Name }));
    expect(VersionIdsToStages).toEqual({
      [VersionId]: ['AWSPREVIOUS'],
      [second.VersionId ?? '']: ['AWSCURRENT'],
      [pending.VersionId ?? '']: ['AWSPENDING'],
    });
    await client.send(new UpdateSecretCommand({ SecretId: Name, SecretString: 'fourth', Description: 'new' }));
    expect([await valueOf(Name), await valueOf(Name, { VersionStage: 'AWSPREVIOUS' })]).toEqual(['fourth', 'second']);
    // A version without a label is gone.
    await expect(valueOf(Name, { VersionId })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('that is put twice under one token is put once', async () => {
    const { Name } = await create();
    const ClientRequestToken = '12345678-1234-4234-8234-123456789012';
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: Name, SecretString, ClientRequestToken }));
    await put('second');
    expect((await put('second')).VersionId).toBe(ClientRequestToken);
    expect(await valueOf(Name, { VersionStage: 'AWSPREVIOUS' })).toBe('first');
    await expect(put('third')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  it('that is deleted is closed for its window, and gone then', async () => {
    const { Name, ARN } = await create();
    const before = clock.now();
    const { DeletionDate } = await client.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }));
    const window = (DeletionDate?.getTime() ?? 0) - 7 * 86_400_000;
    expect([before <= window, window <= clock.now()]).toEqual([true, true]);
    await expect(valueOf(Name)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    });
    await expect(client.send(new CreateSecretCommand({ Name, SecretString: 'x' }))).rejects.toMatchObject({
      message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    });
    expect((await client.send(new DescribeSecretCommand({ SecretId: Name }))).DeletedDate).toBeInstanceOf(Date);
    await clock.sleep(8 * 86_400_000);
    await expect(valueOf(ARN)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('that is deleted at once may be made anew, under another ARN', async () => {
    const { Name, ARN } = await create();
    await client.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
    const again = await client.send(new CreateSecretCommand({ Name, SecretString: 'anew' }));
    expect(again.ARN).not.toBe(ARN);
    await expect(valueOf(ARN)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is listed with the others, page by page, without its value', async () => {
    const names = [(await create()).Name, (await create()).Name];
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new ListSecretsCommand({ MaxResults: 1, ...(NextToken ? { NextToken } : {}) }));
      expect(page.SecretList).toHaveLength(1);
      expect(JSON.stringify(page.SecretList)).not.toContain('first');
      seen.push(page.SecretList?.[0]?.Name);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(seen).toEqual(expect.arrayContaining(names));
  });
});

describe('Errors of Secrets Manager', () => {
  it.each([
    [
      'a secret that is not there',
      { SecretId: 'none' },
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    ],
    [
      'an ARN of nobody',
      { SecretId: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:none-aaaaaa' },
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    ],
  ])('%s', async (_, input, name, message) => {
    await expect(client.send(new GetSecretValueCommand(input))).rejects.toMatchObject({
      name,
      message,
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('a label that no version has, and a secret without a value', async () => {
    const { Name } = await create();
    await expect(valueOf(Name, { VersionStage: 'mine' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: mine",
    });
    await client.send(new CreateSecretCommand({ Name: `${Name}-empty` }));
    await expect(valueOf(`${Name}-empty`)).rejects.toMatchObject({
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    });
  });

  it('a name that is taken, or is none', async () => {
    const { Name } = await create();
    await expect(client.send(new CreateSecretCommand({ Name, SecretString: 'x' }))).rejects.toMatchObject({
      name: 'ResourceExistsException',
      message: `The operation failed because the secret ${Name} already exists.`,
    });
    await expect(client.send(new CreateSecretCommand({ Name: 'in valid', SecretString: 'x' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    });
  });

  it.each([
    ['both kinds of value', { SecretString: 'a', SecretBinary: Buffer.from('b') }, 'InvalidParameterException'],
    ['no value', {}, 'InvalidRequestException'],
  ])('a new value that is %s', async (_, value, name) => {
    const { Name } = await create();
    await expect(client.send(new PutSecretValueCommand({ SecretId: Name, ...value }))).rejects.toMatchObject({ name });
  });

  it('what the engine does not do is refused by name', async () => {
    const { Name: SecretId } = await create();
    await expect(client.send(new RotateSecretCommand({ SecretId }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'The embedded Secrets Manager does not do RotateSecret.',
    });
    await expect(
      client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] })),
    ).rejects.toMatchObject({ message: 'The embedded Secrets Manager does not do TagResource.' });
    await expect(
      client.send(new CreateSecretCommand({ Name: 'replicated', AddReplicaRegions: [{ Region: 'eu-west-1' }] })),
    ).rejects.toMatchObject({ message: 'The embedded Secrets Manager does not do AddReplicaRegions.' });
  });
});

describe('Who may read a secret', () => {
  it('is asked for in IAM’s words, by its ARN whatever the request names', async () => {
    const { Name, ARN } = await create();
    told.length = 0;
    await worker.send(new GetSecretValueCommand({ SecretId: Name }));
    expect(told).toMatchObject([
      {
        principal: ROLE,
        action: 'secretsmanager:GetSecretValue',
        resource: ARN,
        context: { 'secretsmanager:SecretId': ARN, 'secretsmanager:VersionStage': 'AWSCURRENT' },
      },
    ]);
  });

  it('is told who may not', async () => {
    const { Name } = await create();
    denied.add('secretsmanager:GetSecretValue');
    await expect(worker.send(new GetSecretValueCommand({ SecretId: Name }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::123456789012:assumed-role/worker/embedded is not authorized to perform: secretsmanager:GetSecretValue on resource: ${Name} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    });
  });

  it('needs the key of KMS too, where the secret has one of its own', async () => {
    const KmsKeyId = engine.s3.kms.add();
    const { Name, ARN } = await create('sealed', { KmsKeyId });
    told.length = 0;
    await worker.send(new GetSecretValueCommand({ SecretId: Name }));
    expect(told.at(-1)).toMatchObject({
      action: 'kms:Decrypt',
      resource: KmsKeyId,
      context: {
        'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
        'kms:EncryptionContext:SecretARN': ARN,
      },
    });
    denied.add('kms:Decrypt');
    await expect(worker.send(new GetSecretValueCommand({ SecretId: Name }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'Access to KMS is not allowed',
    });
    denied.clear();
    engine.s3.kms.disable(KmsKeyId);
    await expect(valueOf(Name)).rejects.toMatchObject({ name: 'DecryptionFailure' });
    await expect(create('x', { KmsKeyId: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
      name: 'EncryptionFailure',
    });
  });
});
