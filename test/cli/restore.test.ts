import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { boundsOf, newWorld, type World } from '../support/world.js';
import { environmentOf, type } from './support/command-line.js';

const DAY_MS = 86_400_000;
// Whole runs, several a test.
jest.setTimeout(300_000);
const BOUNDS = boundsOf('restore-cli', {
  source: { bucket: 'restore-cli-source', prefix: 'in/' },
  destination: { bucket: 'restore-cli-destination', prefix: 'out/' },
  restore: { to: [{ bucket: 'drill' }] },
});
const test = useEngine({ pipeline: { pair: 'photos', bounds: BOUNDS, retryDelayMs: 1 } });
let world: World;

beforeAll(() => {
  const { s3 } = test().engine;
  s3.createBucket('restore-cli-destination', { versioning: 'Enabled' });
  s3.createBucket('drill');
  world = newWorld(test(), 'restore-cli');
  for (const key of ['2023/a', '2023/b', '2024/c']) backup(key);
});

const restore = (words: string, more: { isTerminal?: boolean; stdin?: string } = {}) =>
  type(`restore --pair photos --endpoint-url ${test().engine.endpoint} ${words}`.trim(), {
    env: environmentOf(test().engine),
    ...more,
  });

function backup(key: string, body = `body of ${key}`, daysAgo = 7, storageClass?: 'GLACIER'): void {
  test().engine.s3.putObject('restore-cli-destination', `out/${key}`, Buffer.from(body), {
    lastModified: test().engine.clock.now() - daysAgo * DAY_MS,
    ...(storageClass ? { storageClass } : {}),
  });
}

async function inputOf(name: string): Promise<unknown> {
  const executionArn = `${(test().pipeline.restoreMachineArn ?? '').replace(':stateMachine:', ':execution:')}:${name}`;
  const { status, body } = await test().engine.stepFunctions.handle('DescribeExecution', { executionArn });
  return status === 200 ? JSON.parse((body as { input: string }).input) : undefined;
}

describe('s3-backfill restore', () => {
  it('says by a dry run what would come back, and goes no further where nobody can be asked', async () => {
    const { code, stdout } = await restore('--prefix in/2023/ --name tried');
    expect(code).toBe(1);
    expect(stdout).toContain('from           s3://restore-cli-destination/out/2023/\n');
    expect(stdout).toContain('to             s3://restore-cli-source/in/2023/\n');
    expect(stdout).toContain('bring back     2 objects, 28 bytes\n');
    expect(stdout).toContain(
      `Nothing was written. To go on: s3-backfill restore --pair photos --endpoint-url ${test().engine.endpoint} --prefix in/2023/ --name tried --yes\n`,
    );
    expect(await inputOf('tried-dry')).toEqual({ source: { prefix: 'out/2023/' }, dryRun: true });
    expect(await inputOf('tried')).toBeUndefined();
    expect(world.contents(world.source)).toEqual({});
  });

  it('asks at a terminal, and takes no for an answer', async () => {
    const { code, stdout } = await restore('--prefix in/2023/', { isTerminal: true, stdin: 'no\n' });
    expect(code).toBe(1);
    expect(stdout).toContain('Bring them back? Type yes to go on:\nNothing was written.');
    expect(world.contents(world.source)).toEqual({});
  });

  it('brings it back once that is confirmed, and shows how it ended', async () => {
    const { code, stdout } = await restore('--prefix in/2023/ --name back', { isTerminal: true, stdin: 'yes\n' });
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/verified {7}2 = 0 identical \+ 2 copied/);
    expect(world.contents(world.source)).toEqual({ 'in/2023/a': 'body of 2023/a', 'in/2023/b': 'body of 2023/b' });
    const again = await restore('--prefix in/2023/ --yes');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('there already  2 objects\nNothing is to be brought back.\n');
  });

  it('as of a time, to another bucket, with what is archived and what that takes', async () => {
    backup('2022/d', 'as it was', 30, 'GLACIER');
    backup('2022/d', 'as it is', 2);
    const asOf = new Date(test().engine.clock.now() - 20 * DAY_MS).toISOString();
    const { code, stdout } = await restore(`--as-of ${asOf} --to drill --tier Expedited --name then --yes`);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`out/ as of ${asOf}\nto             s3://drill/in/\nbring back     1 objects, 9 bytes\n`);
    expect(stdout).toContain(
      'archived       1 of them, 9 bytes, are restored by S3 first: Expedited, 1 to 5 minutes, up to $0.01\n',
    );
    expect(world.contents('drill')).toEqual({ 'in/2022/d': 'as it was' });
    expect(await inputOf('then')).toEqual({
      destination: { bucket: 'drill' },
      manifest: { list: true, asOf },
      restoreTier: 'Expedited',
    });
    const seen = await type(`runs --pair photos-restore --endpoint-url ${test().engine.endpoint}`, {
      env: environmentOf(test().engine),
    });
    expect(seen.stdout).toMatch(/^then +SUCCEEDED/m);
  });

  it('names what is newer at the source, leaves it, and replaces it with --overwrite always', async () => {
    world.put('in/2024/c', 'edited since');
    test().engine.s3.putObject(world.source, 'in/2024/c', Buffer.from('edited since'));
    const kept = await restore('--prefix in/2024/ --yes');
    expect(kept.code).toBe(0);
    expect(kept.stdout).toContain('newer          1 objects differ and are newer where they would go: they stay');
    expect(kept.stdout).toContain('Nothing is to be brought back.');
    expect(world.contents(world.source)['in/2024/c']).toBe('edited since');
    const always = await restore('--prefix in/2024/ --overwrite always --yes');
    expect(always.code).toBe(0);
    expect(world.contents(world.source)['in/2024/c']).toBe('body of 2024/c');
  });

  it.each([
    ['--prefix other/', 'Expected a prefix of the source that begins with "in/"'],
    ['--to elsewhere', 'destination.bucket: expected one of restore-cli-source, drill'],
    ['--as-of 2999-01-01', 'Expected a time that is past with --as-of'],
    ['--as-of yesterday', 'Expected an ISO 8601 time such as 2026-01-31T00:00:00Z with --as-of'],
    ['--days 400', 'restoreDays'],
    ['--tier Slow', 'Allowed choices are Bulk, Standard, Expedited'],
  ])('refuses %s before anything is started', async (words, message) => {
    const { code, stdout, stderr } = await restore(`${words} --name refused`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await inputOf('refused-dry')).toBeUndefined();
  });
});

it('s3-backfill doctor and selftest are of the pair, and say so of its restore', async () => {
  const { code, stderr } = await type(`doctor --pair photos-restore --endpoint-url ${test().engine.endpoint}`, {
    env: environmentOf(test().engine),
  });
  expect(code).toBe(2);
  expect(stderr).toContain('"photos-restore" is the restore of a pair');
});
