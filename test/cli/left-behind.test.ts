import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failure } from '../../contracts/failure.js';
import { summary } from '../../contracts/tally.js';
import { projectRoot } from '../../local/bundle.js';
import { type, type Typed } from './support/command-line.js';

let folder = '';
let run = '';
const s3Backfill = (command: string): Promise<Typed> => type(command, { folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'left-behind-'));
  await new Promise<void>((resolve) => {
    const demo = ['demo', '--objects', '120', '--deny', '3', '--json'];
    execFile(join(projectRoot, 'bin/s3-backfill.js'), demo, { cwd: folder }, () => resolve());
  });
  [run = ''] = await readdir(join(folder, 's3-backfill-runs'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('What a run on this machine left behind is read by the same commands, without a pair', () => {
  it('runs', async () => {
    const { code, stdout } = await s3Backfill('runs');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^RUN .*\\n${run} +VerificationIncomplete .* 120 +\\d+ +3\\n$`));
  });

  it('failures', async () => {
    expect((await s3Backfill(`failures ${run}`)).stdout).toMatch(/^AccessDenied: 3 open\. Allow.*\n( {2}\S+\n){3}/);
    const items = failure.array().parse(JSON.parse((await s3Backfill(`failures ${run} --json`)).stdout));
    expect(items.filter(({ status }) => status === 'open')).toHaveLength(3);
  });

  it('history', async () => {
    const { stdout } = await s3Backfill(`history ${run}`);
    expect(stdout).toMatch(/^ {3}1 {7}0\.0 s {2}ExecutionStarted\n/);
    expect(stdout).toContain('ExecutionFailed: VerificationIncomplete: 3 of 120 objects');
  });

  it('report, each row of it, failed ones too', async () => {
    const { stdout } = await s3Backfill(`report ${run} --download ${join(folder, 'report')}`);
    expect(stdout).toMatch(/^VerificationIncomplete\n/);
    expect(stdout).toContain(`report         ${join(folder, 's3-backfill-runs', run, 'report', 'manifest.json')}, `);
    const files = (await readdir(join(folder, 'report'))).filter((name) => name.endsWith('.gz'));
    const lines = await Promise.all(
      files.map(
        async (name) =>
          gunzipSync(await readFile(join(folder, 'report', name)))
            .toString()
            .trimEnd()
            .split('\n').length,
      ),
    );
    expect(lines.reduce((sum, each) => sum + each, 0)).toBe(120);
    expect(summary.parse(JSON.parse((await s3Backfill(`report ${run} --json`)).stdout)).failed).toBe(3);
  });

  it('A report that was tampered with is no way to other files', async () => {
    const tampered = join(folder, 's3-backfill-runs', 'tampered');
    await mkdir(join(tampered, 'report'), { recursive: true });
    for (const name of ['summary.json', 'history.jsonl'])
      await writeFile(join(tampered, name), await readFile(join(folder, 's3-backfill-runs', run, name)));
    const Results = [
      {
        TaskExecutionStatus: 'failed',
        Bucket: 'b',
        MD5Checksum: '',
        Key: `runs/tampered/report/../../../${run}/history.jsonl`,
      },
    ];
    await writeFile(join(tampered, 'report/manifest.json'), JSON.stringify({ Results }));
    const { code, stderr } = await s3Backfill(`report tampered --download ${join(folder, 'stolen')}`);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^s3-backfill: \S+ is missing: the report's manifest names it\.\n$/),
    });
    expect(await readdir(join(folder, 'stolen'))).toEqual([]);
  });

  it('start, watch and stop need a pair', async () => {
    expect(await s3Backfill(`watch ${run}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected --pair NAME'),
    });
  });
});
