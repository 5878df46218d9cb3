import { describe, expect, it } from '@jest/globals';
import { findAws, followPage } from './follow-page.js';

const withAws = findAws() === undefined ? it.skip : it; // skipped where there is no `aws` command: it is no part of the project

describe('docs/aws-session.md', () => {
  withAws(
    'is a session that works word by word',
    async () => {
      const { code, stdout, stderr } = await followPage('docs/aws-session.md');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/ demo-destination\n/);
      expect(stdout).toMatch(/demo-source\/every-object\/\S+\/manifest\.checksum/);
      expect(stdout).toMatch(/SUCCEEDED\t.*"status":\s*"Verified"/);
      expect(stdout).toMatch(/ExecutionStarted\tTaskStateEntered\t.*ExecutionSucceeded/);
      expect(stdout).not.toContain('(dryrun)');
      expect(stdout).toContain('"Format":"Report_CSV_20180820"');
      expect(stdout).toMatch(/FAILED\tDestinationUnwritable\t.*NoSuchBucket/);
    },
    120_000,
  );
});
