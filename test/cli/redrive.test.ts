import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { redriveCommand } from '../../cli/redrive.js';

describe('The command that redrives a run', () => {
  it.each<[string, string, string | undefined]>([
    ['a run', 'first-try', undefined],
    ['a run by its ARN', 'arn:aws:states:eu-west-1:111122223333:execution:s3-backfill-photos:first-try', undefined],
    ['a run and a cause', 'first-try', 'KMS.DisabledException'],
    ['a run whose name a shell would read', "it's(1)!", undefined],
    ['a cause that a shell would read', 'first-try', 'x; echo $(id) "y"'],
  ])('names %s, as a shell takes it', (_, run, cause) => {
    const [, ...words] = wordsOf(redriveCommand(run, { pair: 'photos' }, cause === undefined ? {} : { cause }));
    const only = cause === undefined ? [] : ['--cause', cause];
    expect(words).toEqual(['start', '--redrive', run, '--pair', 'photos', ...only]);
  });
});

/** The words of a command, as a shell parts them. */
function wordsOf(command: string): string[] {
  return execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}
