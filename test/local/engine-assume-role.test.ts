import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCall } from '../../local/access/aws-call.js';
import { skippingClock } from '../../local/clock.js';
import { startEngine } from '../../local/engine.js';
import type { Engine } from '../../local/engine.js';

const RoleArn = 'arn:aws:iam::210987654321:role/service/copier';
const SESSION = 'arn:aws:sts::210987654321:assumed-role/copier/night-run';
const WORKER = 'arn:aws:iam::123456789012:role/worker';
const user = { accessKeyId: 'user-key', secretAccessKey: 'user-secret' };
const worker = { accessKeyId: 'worker-key', secretAccessKey: 'worker-secret' };
const clock = skippingClock();
const ADA = 'arn:aws:iam::123456789012:user/ada';
const denied = new Set<string>();
const trusted = new Set<string>();
const told: AwsCall[] = [];
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({
    clock,
    access: { permits: ({ action }) => !denied.has(action), onCall: (call) => void told.push(call) },
  });
  engine.identities.add({ ...user, principalArn: ADA });
  engine.identities.add({ ...worker, principalArn: WORKER });
  engine.identities.addRole({
    roleArn: RoleArn,
    trusts: (principal, externalId) => trusted.has(principal) && externalId === 'pair-7',
    maxSessionSeconds: 7200,
  });
  engine.s3.createBucket('lent');
  engine.s3.putObject('lent', 'k', Buffer.from('hello'));
});
afterAll(() => engine.close());
beforeEach(() => {
  denied.clear();
  trusted.add(ADA).add(WORKER);
  told.length = 0;
});

const usual = { RoleArn, RoleSessionName: 'night-run', ExternalId: 'pair-7' };
const assume = (more: Record<string, string> = {}, as: Signer = user) =>
  ask({ Action: 'AssumeRole', Version: '2011-06-15', ...usual, ...more }, as);

interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Asks STS in its query protocol. */
async function ask(parameters: Record<string, string>, credentials: Signer): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams(parameters).toString();
  const { hostname, host } = new URL(engine.endpoint);
  const signer = new SignatureV4({ service: 'sts', region: engine.region, credentials, sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    path: '/',
    headers: {
      host,
      'content-type': 'application/x-www-form-urlencoded',
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    },
    body,
  });
  const response = await fetch(engine.endpoint, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

const field = (text: string, name: string) =>
  new RegExp(`<${name}>(.*)</${name}>`).exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';

async function session(more: Record<string, string> = {}) {
  const { text } = await assume(more);
  const [accessKeyId, secretAccessKey] = [field(text, 'AccessKeyId'), field(text, 'SecretAccessKey')];
  return { accessKeyId, secretAccessKey, sessionToken: field(text, 'SessionToken') };
}

async function read(credentials: Signer): Promise<unknown> {
  const { endpoint, region } = engine;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  try {
    return await client.send(new GetObjectCommand({ Bucket: 'lent', Key: 'k' })).catch((error: unknown) => error);
  } finally {
    client.destroy();
  }
}

describe('AssumeRole', () => {
  it('gives credentials of a session, for as long as asked', async () => {
    const before = clock.now();
    const { status, text } = await assume({ DurationSeconds: '900' });
    expect(status).toBe(200);
    expect(text).toContain(`<Arn>${SESSION}</Arn>`);
    expect(field(text, 'AssumedRoleId')).toMatch(/^AROA[0-9A-Z]{17}:night-run$/);
    expect(field(text, 'AccessKeyId')).toMatch(/^ASIA[0-9A-Z]{16}$/);
    expect(field(text, 'Expiration')).toMatch(/:\d\dZ$/);
    const lifetime = Date.parse(field(text, 'Expiration')) - before;
    expect(lifetime).toBeGreaterThanOrEqual(898_000);
    expect(lifetime).toBeLessThan(960_000);
  });

  it('is asked about as whoever calls, with the external id', async () => {
    await assume();
    expect(told).toMatchObject([
      {
        principal: ADA,
        action: 'sts:AssumeRole',
        resource: RoleArn,
        context: { 'sts:ExternalId': 'pair-7', 'sts:RoleSessionName': 'night-run' },
      },
    ]);
  });

  it.each([
    ['without the external id that the role’s trust wants', { ExternalId: 'pair-8' }],
    ['of a role that there is not', { RoleArn: 'arn:aws:iam::210987654321:role/none' }],
  ])('is refused %s', async (_title, more) => {
    const { status, text } = await assume(more);
    expect([status, field(text, 'Code'), field(text, 'Message')]).toEqual([
      403,
      'AccessDenied',
      `User: ${ADA} is not authorized to perform: sts:AssumeRole on resource: ${'RoleArn' in more ? more.RoleArn : RoleArn}`,
    ]);
  });

  it('is refused to whom the role does not trust, to whoever may not, and to the account’s root', async () => {
    trusted.delete(ADA);
    expect((await assume()).status).toBe(403);
    denied.add('sts:AssumeRole');
    const { text } = await assume({}, worker);
    expect(field(text, 'Message')).toBe(
      `User: arn:aws:sts::123456789012:assumed-role/worker/embedded is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    );
    const root = await assume({}, engine.credentials);
    expect([root.status, field(root.text, 'Message')]).toEqual([403, 'Roles may not be assumed by root accounts.']);
  });

  it.each([
    [{ DurationSeconds: '899' }, /^1 validation error detected: Value '899' at 'durationSeconds' .* equal to 900$/],
    [{ DurationSeconds: '43201' }, /^1 validation error detected: Value '43201' .* less than or equal to 43200$/],
    [{ DurationSeconds: '7201' }, /^The requested DurationSeconds exceeds the MaxSessionDuration set for this role\.$/],
    [{ RoleSessionName: 'a b' }, /^1 validation error detected: Value 'a b' at 'roleSessionName' .* pattern: /],
    [{ RoleSessionName: 'x' }, /^1 validation error detected: Value 'x' .* greater than or equal to 2$/],
    [{ RoleArn: 'arn:aws:iam::210987654321:user/copier' }, /^arn:aws:iam::210987654321:user\/copier is invalid$/],
  ])('does not take %j', async (more, message) => {
    const { status, text } = await assume(more);
    expect([status, field(text, 'Code')]).toEqual([400, 'ValidationError']);
    expect(field(text, 'Message')).toMatch(message);
  });

  it('lasts an hour at most where a role assumes another one', async () => {
    const { text } = await assume({ DurationSeconds: '7200' }, worker);
    expect(field(text, 'Message')).toBe(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
    expect((await assume({ DurationSeconds: '7200' })).status).toBe(200);
  });

  it('refuses session policies and tags by name', async () => {
    const { status, text } = await assume({ Policy: '{}' });
    expect([status, field(text, 'Code')]).toEqual([501, 'NotImplemented']);
  });
});

describe('A session', () => {
  it('is asked about as its role, and named as itself', async () => {
    const credentials = await session();
    told.length = 0;
    expect(await read(credentials)).toMatchObject({ ContentLength: 5 });
    expect(told).toMatchObject([{ principal: RoleArn, caller: SESSION, action: 's3:GetObject' }]);
    denied.add('s3:GetObject');
    expect(await read(credentials)).toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`User: ${SESSION} is not authorized to perform: s3:GetObject`),
    });
    const { text } = await ask({ Action: 'GetCallerIdentity', Version: '2011-06-15' }, credentials);
    expect([field(text, 'Arn'), field(text, 'Account')]).toEqual([SESSION, '210987654321']);
  });

  it('needs its token', async () => {
    const { sessionToken, ...key } = await session();
    expect(await read({ ...key, sessionToken: `${sessionToken}x` })).toMatchObject({ name: 'InvalidToken' });
    expect(await read(key)).toMatchObject({ name: 'InvalidAccessKeyId' });
  });

  it('ends, by the engine’s clock', async () => {
    const credentials = await session({ DurationSeconds: '900' });
    await clock.sleep(899_000 - 60_000);
    expect(await read(credentials)).toMatchObject({ ContentLength: 5 });
    await clock.sleep(70_000);
    expect(await read(credentials)).toMatchObject({ name: 'ExpiredToken', message: 'The provided token has expired.' });
    const sfn = new SFNClient({ endpoint: engine.endpoint, region: engine.region, credentials, maxAttempts: 1 });
    await expect(sfn.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    sfn.destroy();
    const { status, text } = await ask({ Action: 'GetCallerIdentity' }, credentials);
    expect([status, field(text, 'Code')]).toEqual([403, 'ExpiredToken']);
  });
});

describe('A role', () => {
  it('is added by its ARN', () => {
    expect(() => engine.identities.addRole({ roleArn: 'copier', trusts: () => true })).toThrow(/Expected the ARN/);
  });
});
