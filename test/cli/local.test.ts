import { execFile, spawn, type ExecFileOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';
import { type, type Typed } from './support/command-line.js';

const BIN = join(projectRoot, 'bin/s3-backfill.js');
const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

describe('s3-backfill local', () => {
  const interrupt = new AbortController();
  let endpoint = '';
  let ended: Promise<Typed>;
  beforeAll(async () => {
    endpoint = await new Promise<string>((resolve) => {
      const onOutput = (text: string) => {
        const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
        if (found) resolve(found);
      };
      ended = type('local --port 0', { interrupt: interrupt.signal, onOutput });
    });
  });
  afterAll(async () => {
    interrupt.abort();
    expect(await ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nEnded\.\n$/) });
    await expect(fetch(endpoint)).rejects.toThrow();
  });

  const page = async () => (await fetch(endpoint, { headers: { accept: 'text/html,*/*' } })).text();
  const s3 = () =>
    new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });

  it('shows a browser what runs and how to point clients at it', async () => {
    const text = await page();
    expect(text).toContain('stateMachine:s3-backfill-demo');
    for (const bucket of ['demo-source', 'demo-destination', 'demo-inventory']) expect(text).toContain(bucket);
    expect(text).toContain(`export AWS_ENDPOINT_URL=${endpoint}`);
    expect(text).toContain('rclone check');
    const head = await fetch(endpoint, { method: 'HEAD', headers: { accept: 'text/html' } });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it('leaves GET / to S3 for everybody else', async () => {
    const { Buckets = [] } = await s3().send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(expect.arrayContaining(['demo-source', 'demo-inventory']));
    const unsigned = await fetch(endpoint);
    expect([unsigned.status, await unsigned.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
    const signed = await fetch(endpoint, {
      headers: {
        accept: 'text/html',
        authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request',
      },
    });
    expect(signed.headers.get('content-type')).not.toContain('html');
    const object = await fetch(`${endpoint}/demo-source/page.html`, { headers: { accept: 'text/html' } });
    expect(object.status).toBe(403);
  });

  it('can be played with as its page says: fill, inventory, request, start, report', async () => {
    await s3().send(new PutObjectCommand({ Bucket: 'demo-source', Key: 'a <b> & c', Body: 'hello' }));
    const delivered = await fetch(`${endpoint}/.engine/inventory`, { method: 'POST' });
    expect(await delivered.text()).toMatch(/^s3:\/\/demo-inventory\/demo-source\/every-object\/\S+\/manifest\.json\n$/);
    const on = `--pair demo --endpoint-url ${endpoint}`;
    expect(await type(`doctor ${on}`, { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await type(`start ${on} --name first-try --watch`, { env })).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/verified {7}1 = 0 identical \+ 1 copied/),
    });
    const stdin = await (await fetch(`${endpoint}/.engine/request.json`)).text();
    const world = { env, stdin };
    expect(await type(`start ${on} --input - --name second-try --watch`, world)).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/verified {7}1 = 1 identical \+ 0 copied/),
    });
    expect(await page()).toContain('<td>first-try</td><td>SUCCEEDED</td>');
    expect(await type(`failures first-try --pair demo --endpoint-url ${endpoint}`, world)).toMatchObject({
      stdout: 'No failures.\n',
    });
  });

  it('refuses what another site makes a browser send, and what it does not know', async () => {
    const foreign = await fetch(`${endpoint}/.engine/inventory`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
    });
    expect(foreign.status).toBe(403);
    expect((await fetch(`${endpoint}/.engine/inventory`)).status).toBe(405);
    expect((await fetch(`${endpoint}/.engine/../x`)).status).toBe(403);
    expect((await fetch(`${endpoint}/.engine/other`)).status).toBe(404);
  });

  it('says that the port is taken', async () => {
    const { code, stderr } = await type(`local --port ${new URL(endpoint).port}`);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^s3-backfill: Port \d+ on 127\.0\.0\.1 is in use.*\n$/),
    });
  });
});

describe('npx s3-backfill in a clone', () => {
  it('works with a profile of the AWS configuration files, and local ends cleanly at Ctrl-C', async () => {
    const child = spawn(BIN, ['local', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    while (!stdout.includes('rclone check')) await once(child.stdout, 'data');

    // The name localhost, unlike an address, makes a client of S3 put the bucket before it unless told otherwise.
    const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(stdout) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'profile-'));
    await writeFile(
      join(folder, 'config'),
      `[profile engine]\nregion = us-east-1\nendpoint_url = http://localhost:${port}\naws_access_key_id = local\naws_secret_access_key = local\n`,
    );
    const profile = {
      PATH: process.env['PATH'],
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_ACCESS_KEY_ID: 'another',
      AWS_SECRET_ACCESS_KEY: 'another',
    };
    const request = await (await fetch(`http://localhost:${port}/.engine/request.json`)).text();
    await fetch(`http://localhost:${port}/.engine/inventory`, { method: 'POST' });
    await writeFile(join(folder, 'request.json'), request);
    const words = ['start', '--pair', 'demo', '--profile', 'engine', '--input', 'request.json', '--watch'];
    const started = await execute(words, { env: profile, cwd: folder });
    await rm(folder, { recursive: true });
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(started.stdout).toContain('Verified');

    const exit = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect({ stdout: stdout.split('\n').at(-2), stderr }).toEqual({ stdout: 'Ended.', stderr: '' });
  });

  it('without credentials: exit code 3, and what to do', async () => {
    const bare = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const { code, stderr } = await execute(['runs', '--pair', 'demo'], { env: bare });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^s3-backfill: No credentials: .*AWS_ACCESS_KEY_ID.*\n$/),
    });
  });
});

function execute(
  words: string[],
  options: ExecFileOptions,
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(BIN, words, { ...options, encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
