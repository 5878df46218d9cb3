import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { Identities } from '../../local/access/identities.js';
import { openPort } from '../../local/doors/port.js';
import type { OpenPort } from '../../local/doors/port.js';
import { serveSts } from '../../local/doors/sts-door.js';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
const identities = new Identities(credentials);
let port: OpenPort;

beforeAll(async () => {
  port = await openPort(0, (request, response) =>
    serveSts(request, response, { service: 'sts', region, credentials: identities }, '111122223333'),
  );
});
afterAll(() => port.close());

describe('The port', () => {
  it('that is in use is refused with what to do', async () => {
    const taken = Number(new URL(port.endpoint).port);
    await expect(openPort(taken, () => Promise.resolve())).rejects.toMatchObject({
      name: 'PortUnavailable',
      message: `Port ${taken} on 127.0.0.1 is in use, perhaps by another engine. Stop that, or choose another port.`,
    });
  });

  it('answers what is not HTTP with 400 and lives on', async () => {
    expect(await say('\u0000\u0001 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect((await ask('Action=GetCallerIdentity')).status).toBe(200);
  });

  it('lives on when a client leaves in the middle of a body', async () => {
    await say('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf', 'leave');
    expect((await ask('Action=GetCallerIdentity')).status).toBe(200);
  });
});

describe('STS', () => {
  it('tells who asks', async () => {
    const { status, text } = await ask('Action=GetCallerIdentity&Version=2011-06-15');
    expect(status).toBe(200);
    expect(text).toContain(
      '<Arn>arn:aws:iam::111122223333:root</Arn><UserId>111122223333</UserId><Account>111122223333</Account>',
    );
  });

  it('tells a role its session, and a user who it is', async () => {
    const role = { accessKeyId: 'role-key', secretAccessKey: 'role-secret' };
    const user = { accessKeyId: 'user-key', secretAccessKey: 'user-secret' };
    // Keys may come while the port is open.
    identities.add({ ...role, principalArn: 'arn:aws:iam::111122223333:role/service/copy-role' });
    identities.add({ ...user, principalArn: 'arn:aws:iam::111122223333:user/ada' });
    expect((await ask('Action=GetCallerIdentity', undefined, role)).text).toMatch(
      /<Arn>arn:aws:sts::111122223333:assumed-role\/copy-role\/embedded<\/Arn><UserId>AROA[0-9A-Z]{17}:embedded<\/UserId><Account>111122223333</,
    );
    expect((await ask('Action=GetCallerIdentity', undefined, user)).text).toMatch(
      /<Arn>arn:aws:iam::111122223333:user\/ada<\/Arn><UserId>AIDA[0-9A-Z]{17}<\/UserId>/,
    );
    expect((await ask('Action=GetCallerIdentity')).text).toContain('<Arn>arn:aws:iam::111122223333:root</Arn>');
  });

  it('refuses other actions by name', async () => {
    const { status, text } = await ask('Action=GetSessionToken&Version=2011-06-15');
    expect([status, text]).toEqual([
      400,
      expect.stringContaining(
        '<Code>InvalidAction</Code><Message>The embedded STS does GetCallerIdentity and AssumeRole, not GetSessionToken.',
      ),
    ]);
  });

  it('refuses a body that is not the one that was signed', async () => {
    const { status, text } = await ask('Action=GetCallerIdentity', 'Action=AssumeRole');
    expect([status, text]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')]);
  });
});

/** Signs `body` and sends it, or sends another one in its place. */
async function ask(body: string, sent = body, as = credentials): Promise<{ status: number; text: string }> {
  const { hostname, host } = new URL(port.endpoint);
  const signer = new SignatureV4({ service: 'sts', region, credentials: as, sha256: Sha256 });
  const signed = await signer.sign({
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
  const response = await fetch(port.endpoint, { method: 'POST', headers: signed.headers, body: sent });
  return { status: response.status, text: await response.text() };
}

/** Writes raw bytes and resolves with what comes back until the connection ends. */
function say(bytes: string, then: 'listen' | 'leave' = 'listen'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(port.endpoint).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (piece) => {
      heard += piece.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
    socket.write(bytes, () => {
      if (then === 'leave') socket.destroy();
    });
  });
}
