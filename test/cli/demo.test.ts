import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failure } from '../../contracts/failure.js';
import { summary as summarySchema } from '../../contracts/tally.js';
import { projectRoot } from '../../local/bundle.js';
import { expectIdentity } from '../support/world.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs what `npm start -- …` runs, in a folder of its own. */
function start(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [
    join(projectRoot, 'node_modules/tsx/dist/cli.mjs'),
    join(projectRoot, 'cli/main.ts'),
    'demo',
    ...args,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('npm start', () => {
  it('plays a backfill with faults and a second pass, ends Verified and says where everything is', async () => {
    const { code, stdout, stderr } = await start('--objects', '500');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/CopyChunks, pass 1: \d+\/\d+ chunks/);
    expect(stdout).toContain('CopyChunks, pass 2');
    expect(stdout).toContain('  Verified\n');
    expect(stdout).toMatch(/made good {6}\d+ failed with InternalError/);
    const report = /report +(\S+)/.exec(stdout)?.[1] ?? '';
    expect(JSON.parse(await readFile(join(folder, report), 'utf8'))).toMatchObject({ Format: 'Report_CSV_20180820' });
    // Nothing that came from a key may move the cursor.
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('-- --json prints the summary and nothing else', async () => {
    const { code, stdout } = await start('--objects', '200', '--json');
    const printed = summarySchema.parse(JSON.parse(stdout));
    expect({ code, status: printed.status }).toEqual({ code: 0, status: 'Verified' });
    expectIdentity(printed);
    expect(JSON.parse(await readFile(join(folder, 's3-backfill-runs', printed.runId, 'summary.json'), 'utf8'))).toEqual(
      printed,
    );
  });

  it('-- --deny 7 ends VerificationIncomplete with exit code 1 and names the seven', async () => {
    const { code, stdout } = await start('--objects', '300', '--deny', '7');
    expect(code).toBe(1);
    expect(stdout).toContain('  VerificationIncomplete\n');
    expect(stdout).toMatch(/7 with AccessDenied\. Allow s3:GetObject/);
    const path = /failures +(\S+)/.exec(stdout)?.[1] ?? '';
    const items = (await readFile(join(folder, path), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => failure.parse(JSON.parse(line)));
    const open = items.filter(({ status }) => status === 'open');
    expect(open).toHaveLength(7);
    for (const { key = '' } of open) expect(stdout).toContain(key);
  });

  it('says in one line what is wrong with an option', async () => {
    const { code, stderr } = await start('--objects', 'many');
    expect(code).not.toBe(0);
    expect(stderr).toContain("'--objects <count>' argument 'many' is invalid. expected a whole number.");
  });
});
