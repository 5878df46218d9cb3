import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { projectRoot } from '../../local/bundle.js';
import { bounds } from '../../cli/playground/playground.js';
import { findAws, followPage } from './follow-page.js';

const withAws = findAws() === undefined ? it.skip : it; // skipped where there is no `aws` command: it is no part of the project

describe('docs/console.md', () => {
  it('shows inputs that a pair takes', async () => {
    const page = await readFile(join(projectRoot, 'docs/console.md'), 'utf8');
    const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => JSON.parse(block) as object);
    // Pairs are held against cdk.json: test/docs/example-pairs.test.ts.
    const inputs = blocks.filter((block) => !('name' in block));
    expect(inputs).toHaveLength(7);
    for (const input of inputs)
      expect(parseRequest(input, bounds)).toMatchObject({ source: { bucket: 'demo-source' } });
  });

  withAws(
    'is followed word by word: a dry run, a run that fails, its failed child, its failures, a redrive that is verified, and the reconciliation of the day',
    async () => {
      const { code, stdout, stderr } = await followPage('docs/console.md');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const said = stdout.split('\n');
      expect(said.filter((line) => /^(?:SUCCEEDED|FAILED)\t/.test(line))).toEqual([
        'SUCCEEDED\tNone',
        'FAILED\tVerificationIncomplete',
        'SUCCEEDED\tNone',
        'SUCCEEDED\tNone',
      ]);
      const [, , afterRedrive = '', afterReconciliation = ''] = stdout.split(/^SUCCEEDED\tNone$/m);
      expect(stdout).toContain('Nothing was written. A run would copy');
      expect(stdout).toMatch(/(?:\S+mapRun:s3-backfill-demo\/\w+:\S+\t){3,}\S+\/IndexFiles:/);
      expect(stdout).toMatch(/"cause": "AccessDenied",\n\s+"rows": 1/);
      expect(stdout).toMatch(/^Runtime\.ExitError\t.*RequestId/m);
      expect(stdout).toMatch(/^CopyChunk\tRecordChunkFailure\tChunkFailed$/m);
      expect(stdout).toMatch(/^private\/diary\.md\tAccessDenied\tAllow s3:GetObject/m);
      expect(stdout).toMatch(/^Runtime\.ExitError\tNone\tresolved$/m);
      expect(afterRedrive).toMatch(/"status": ?"Verified".*"manifestRows": ?1,/s);
      expect(stdout).toMatch(/^private\/diary\.md\tresolved\tsecond$/m);
      const day: unknown = JSON.parse(afterReconciliation);
      expect(day).toMatchObject({ status: 'Repaired', way: 'whole', missing: 1, repaired: 1, missingAfterRepair: 0 });
    },
    180_000,
  );
});
