import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { summary as summarySchema } from '../../contracts/tally.js';
import { projectRoot } from '../../local/bundle.js';
import { expectIdentity } from '../support/world.js';

const OBJECTS = 600;
let folder = '';
let server: ChildProcess;
let other: { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string }; request: object };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-test-'));
  server = node('test/support/other-s3.ts', [String(OBJECTS)], {});
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  other = JSON.parse(line.toString()) as typeof other;
  await writeFile(join(folder, 'request.json'), JSON.stringify(other.request));
});
afterEach(async () => {
  server.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

describe('s3-backfill run, on an S3 server in another process', () => {
  it('copies and proves everything, and leaves summary, report and history on disk', async () => {
    const { code, stdout } = await run();
    expect({ code, stderr: '' }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('  Verified\n');
    const [name = ''] = await readdir(join(folder, 's3-backfill-runs'));
    const files = await readdir(join(folder, 's3-backfill-runs', name));
    expect(files).toEqual(
      expect.arrayContaining(['summary.json', 'report', 'failures.jsonl', 'history.jsonl', 'request.json']),
    );
    const summary = summarySchema.parse(
      JSON.parse(await readFile(join(folder, 's3-backfill-runs', name, 'summary.json'), 'utf8')),
    );
    expectIdentity(summary);
    expect(summary).toMatchObject({ status: 'Verified', verified: { copied: OBJECTS } });
    expect(await arrived()).toBe(OBJECTS);
  });

  it('killed in the middle, is finished by the same command', async () => {
    const killed = node('cli/main.ts', ['run', '--input', 'request.json'], environment());
    await halfway(killed);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const { code, stdout } = await run('--json');
    const summary = summarySchema.parse(JSON.parse(stdout));
    expectIdentity(summary);
    expect({ code, status: summary.status }).toEqual({ code: 0, status: 'Verified' });
    expect(summary.verified.identical).toBeGreaterThanOrEqual(OBJECTS / 6);
    expect(await arrived()).toBe(OBJECTS);
  });

  it('interrupted, stops cleanly and says how far it came', async () => {
    const interrupted = node('cli/main.ts', ['run', '--input', 'request.json'], environment());
    const said = text(interrupted.stderr as NodeJS.ReadableStream);
    await halfway(interrupted);
    interrupted.kill('SIGINT');
    const [code] = (await once(interrupted, 'exit')) as [number];
    expect(code).toBe(1);
    expect(await said).toMatch(
      /^s3-backfill: Stopped in CopyChunks, pass 1, after \d+ of \d+\. The same command finds what is there/,
    );
  });

  it('says 3 where nothing listens, and where the keys are refused; 2 where the request is none', async () => {
    expect(await run('--endpoint-url', 'http://127.0.0.1:1')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^s3-backfill: Cannot reach the service: nothing listens there/),
    });
    other.credentials = { accessKeyId: 'stranger', secretAccessKey: 'secret' };
    const refused = await run();
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('does not accept these credentials'),
    });
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    await writeFile(join(folder, 'request.json'), '{"source": {}}');
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('source.bucket') });
  });
});

async function run(...more: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = node('cli/main.ts', ['run', '--input', 'request.json', ...more], environment());
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}

/** As a user's shell has it: the server's keys, nothing of the embedded engine. */
function environment(): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL_S3: other.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: other.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: other.credentials.secretAccessKey,
  };
}

function node(script: string, args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(
    process.execPath,
    // Not the tsx command: it would be killed in place of the process that it starts.
    [
      '--import',
      pathToFileURL(join(projectRoot, 'node_modules/tsx/dist/loader.mjs')).href,
      join(projectRoot, script),
      ...args,
    ],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
    },
  );
}

/** Waits until a sixth has arrived; a process that ends before fails the test. */
async function halfway(child: ChildProcess): Promise<void> {
  while ((await arrived()) < OBJECTS / 6) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function arrived(): Promise<number> {
  const client = new S3Client({
    endpoint: other.endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'other-key', secretAccessKey: 'other-secret' },
  });
  const page = await client.send(new ListObjectsV2Command({ Bucket: 'their-destination' }));
  client.destroy();
  return page.KeyCount ?? 0;
}
