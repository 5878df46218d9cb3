import { describe, expect, it } from '@jest/globals';
import { type } from './support/command-line.js';

const COMMANDS = [
  'start',
  'stop',
  'watch',
  'history',
  'failures',
  'report',
  'runs',
  'reconciliations',
  'doctor',
  'selftest',
  'restore',
  'local',
  'run',
  'demo',
];

describe('s3-backfill --help', () => {
  it('names every command and the exit codes', async () => {
    const { code, stdout, stderr } = await type('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...stdout.matchAll(/^ {2}(\w+) (?=\[options\])/gm)].map(([, name]) => name)).toEqual(COMMANDS);
    expect(stdout).toContain('3  the service cannot be reached');
  });

  it.each(COMMANDS)('of %s says what it does, with an example', async (command) => {
    const { code, stdout } = await type(`${command} --help`);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: s3-backfill ${command}`));
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ s3-backfill ${command}`));
  });

  it('is what no command at all gets, with exit code 2', async () => {
    expect(await type([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^Usage: s3-backfill/) });
  });

  it('--version is the package’s', async () => {
    expect(await type('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('Bad usage is exit code 2 and one line that says what was expected', () => {
  it.each([
    ['bogus', "unknown command 'bogus'"],
    ['runs --bogus', "unknown option '--bogus'"],
    ['run --input x --pear x', "unknown option '--pear'"],
    ['failures', "missing required argument 'run'"],
    ['failures one two --pair demo', 'too many arguments'],
    ['start', 'Expected --pair NAME or --state-machine ARN'],
    ['doctor', 'Expected --pair NAME or --state-machine ARN'],
    ['selftest photos', 'too many arguments'],
    ['start --pair demo --input /nonexistent.json', 'Expected the request in /nonexistent.json'],
    ['start --pair demo --input - --name a/b', 'Expected a name of 1 to 80 letters'],
    ['runs --pair a --state-machine b', "'--state-machine <arn>' cannot be used with option '--pair <name>'"],
    ['reconciliations', 'Expected --pair NAME or --state-machine ARN'],
    ['reconciliations photos --pair videos', 'Expected the pair once'],
    ['reconciliations photos --limit 0', 'expected a whole number from 1 on'],
    ['runs --pair a --limit none', 'expected a whole number from 1 on'],
    ['runs --pair a --endpoint-url localhost:4566', 'Expected an endpoint such as http://127.0.0.1:4566'],
    ['watch first-try', 'Expected --pair NAME or --state-machine ARN'],
    ['local --port 70000', 'expected a port from 0 to 65535'],
    ['--region eu-west-1 local', '--region means nothing to `s3-backfill local`'],
    ['failures nobody', 'There is no run "nobody" in'],
    ['failures ../../etc', 'There is no run "../../etc" in'],
    [['runs', '--\u001b[2J'], "unknown option '--\\u{1b}[2J'"],
  ])('%s', async (command, words) => {
    const { code, stdout, stderr } = await type(command);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^s3-backfill: .*\n$/);
    expect(stderr).toContain(words);
  });
});
