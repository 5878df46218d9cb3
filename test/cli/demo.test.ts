import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failure } from '../../contracts/failure.js';
import { reconciliation } from '../../contracts/reconciliation.js';
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

  it('-- --days 1 plays a day of a pair that is in sync, and prints its history and plot', async () => {
    const { code, stdout, stderr } = await start('--days', '1', '--objects', '300');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Day 1, \d{4}-\d\d-\d\d\. 300 objects, all of them replicated\.\n/);
    expect(stdout).toMatch(/InSync: 0 missing, .* 0 objects copied, 0 still missing; 300 of 300 verified\.\n/);
    expect(stdout).toMatch(/\n {2}DAY +STATUS .*\n {2}\d{4}-\d\d-\d\d {2}InSync {2}compare .* 300 etag /);
    expect(stdout).toMatch(/\n {2}missing {2}· {2}\d{4}-\d\d-\d\d\n {11}· nothing missing\n$/);
  });

  it('-- --days 3 plays a day in sync, one on which exactly the 42 objects that differ are copied, and the day after', async () => {
    const { code, stdout, stderr } = await start('--days', '3', '--objects', '300');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /Day 2, .*\n {4}Repaired: 37 missing, 5 different, 3 only at the destination, 4 too new to judge\. 42 objects copied, 0 still missing; 337 of 337 verified\.\n/,
    );
    expect(stdout).toMatch(/Day 3, .*\n {4}InSync: 0 missing, .* 0 objects copied, .* 341 of 341 verified\.\n/);
    const days = stdout.slice(stdout.indexOf('\n  DAY ')).match(/^ {2}\d{4}\S+ {2}\w+ +\w+ +\d+ +\d+ +\d+ /gm) ?? [];
    expect(days.map((line) => line.trim().split(/ +/).slice(1).join(' '))).toEqual([
      'InSync compare 0 0 0',
      'Repaired difference 42 42 0',
      'InSync compare 0 0 0',
    ]);
    expect(stdout).toMatch(/\n {4}InventoryStale: .* left to live replication, and counted as newer\.\n/);
    expect(stdout).toMatch(/\n {2}missing {2}·█· {2}\S+ to \S+, at most 42 on \S+\n/);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  }, 120_000);

  it('-- --days 2 --json prints the lines of the history and nothing else', async () => {
    const { code, stdout } = await start('--days', '2', '--objects', '300', '--json');
    const history = reconciliation.array().parse(JSON.parse(stdout));
    expect({ code, history }).toMatchObject({
      code: 0,
      history: [
        { status: 'InSync', missing: 0 },
        { status: 'Repaired', missing: 42, repaired: 42, missingAfterRepair: 0, expected: 337, verified: 337 },
      ],
    });
  }, 120_000);

  it.each([
    [['--objects', 'many'], "'--objects <count>' argument 'many' is invalid. expected a whole number."],
    [['--days', '4'], "'--days <count>' argument '4' is invalid. expected 1, 2 or 3"],
    [['--days', '0'], "'--days <count>' argument '0' is invalid. expected 1, 2 or 3"],
    [['--days', '2', '--objects', '99'], 'Expected --objects from 100 on beside --days, got 99.'],
    [['--days', '2', '--deny', '7'], 'Expected no --deny beside --days'],
  ])('-- %s is refused in one line that says what was expected', async (words, message) => {
    const { code, stdout, stderr } = await start(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^s3-backfill: .*\n$/);
    expect(stderr).toContain(message);
  });
});
