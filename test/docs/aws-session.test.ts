import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';
import { runCommand } from '../support/run-command.js';
import { type } from '../cli/support/command-line.js';

const aws = findAws();
const withAws = aws === undefined ? it.skip : it; // skipped where there is no `aws` command: it is no part of the project

describe('docs/aws-session.md', () => {
  withAws(
    'is a session that works word by word',
    async () => {
      const page = await readFile(join(projectRoot, 'docs/aws-session.md'), 'utf8');
      const script = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
      const interrupt = new AbortController();
      let ended: Promise<unknown> = Promise.resolve();
      const endpoint = await new Promise<string>((resolve) => {
        const onOutput = (text: string) => {
          const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
          if (found) resolve(found);
        };
        ended = type('local --port 0', { interrupt: interrupt.signal, onOutput });
      });
      try {
        const { code, stdout, stderr } = await runCommand(
          'bash',
          ['-euo', 'pipefail', '-c', script.replaceAll('http://127.0.0.1:4566', endpoint)],
          projectRoot,
        );
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toMatch(/ demo-destination\n/);
        expect(stdout).toMatch(/demo-source\/every-object\/\S+\/manifest\.checksum/);
        expect(stdout).toMatch(/SUCCEEDED\t.*"status":\s*"Verified"/);
        expect(stdout).toMatch(/ExecutionStarted\tTaskStateEntered\t.*ExecutionSucceeded/);
        expect(stdout).not.toContain('(dryrun)');
        expect(stdout).toContain('"Format":"Report_CSV_20180820"');
        expect(stdout).toMatch(/FAILED\tDestinationUnwritable\t.*NoSuchBucket/);
      } finally {
        interrupt.abort();
        await ended;
      }
    },
    120_000,
  );
});

function findAws(): string | undefined {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}
