import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../local/bundle.js';
import { type } from '../cli/support/command-line.js';
import { runCommand } from '../support/run-command.js';

/** Runs the `sh` blocks of a page one after the other in one shell, against a new `s3-backfill local`. */
export async function followPage(page: string): ReturnType<typeof runCommand> {
  const text = await readFile(join(projectRoot, page), 'utf8');
  const script = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');
  const interrupt = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();
  const endpoint = await new Promise<string>((resolve) => {
    const onOutput = (output: string) => {
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
      if (found) resolve(found);
    };
    ended = type('local --port 0', { interrupt: interrupt.signal, onOutput });
  });
  try {
    const here = script.replaceAll('http://127.0.0.1:4566', endpoint);
    return await runCommand('bash', ['-euo', 'pipefail', '-c', here], projectRoot);
  } finally {
    interrupt.abort();
    await ended;
  }
}

/** The version of the `aws` command; undefined where there is none. */
export function findAws(): string | undefined {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}
