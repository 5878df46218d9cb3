import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { setStage } from '../../cli/demo/stage.js';
import { failure, type Failure } from '../../contracts/failure.js';
import { useEngine } from '../support/engine.js';
import { newWorld } from '../support/world.js';
import { environmentOf, type, type Typed, type World } from './support/command-line.js';

const OBJECTS = 500;
/** Keys that move a cursor, clear a screen, turn text around, break a line or compute something. */
const HOSTILE = [
  '\u001b[2J\u001b[1;1Hverified',
  'line\nbreak\rback',
  '\u009b31mred',
  'a\u202etxt.exe',
  '=cmd|calc!A1',
  '+1',
  '-1',
  '@SUM(A1)',
  '＝1',
  'quote"comma,apostrophe\'',
  '../../etc/passwd',
  '\u{e0041}tag',
];
const test = useEngine({ pipeline: { chunkRows: 50, retryDelayMs: 1 } });
let folder = '';
let request = '';
/** A dry run over few objects. */
let dryRequest = '';

const s3Backfill = (command: string | string[], world: World = {}): Promise<Typed> => {
  const words = typeof command === 'string' ? command.split(' ') : command;
  return type(['--endpoint-url', test().engine.endpoint, ...words], {
    env: environmentOf(test().engine),
    folder,
    ...world,
  });
};

/** What waits for it goes on when it is opened. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** One run of the demonstration with seven denied objects, and one of hostile keys that are all denied. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-commands-'));
  request = join(folder, 'request.json');
  const { engine, pipeline } = test();
  await writeFile(request, JSON.stringify(setStage(engine, pipeline, { objects: OBJECTS, deny: 7 }).request));

  const world = newWorld(test());
  world.put('readable');
  for (const key of HOSTILE) world.put(key);
  world.takeInventory();
  engine.s3.faults.add({
    operation: 'CopyObject',
    bucket: world.destination,
    key: (key: string) => HOSTILE.includes(key),
    effect: { error: 'AccessDenied' },
  });
  dryRequest = JSON.stringify({ ...world.request, dryRun: true });
  await s3Backfill(`start --pair demo --input ${request} --name seven --watch`);
  await s3Backfill('start --pair demo --input - --name hostile --watch', { stdin: JSON.stringify(world.request) });
});
afterAll(() => rm(folder, { recursive: true }));

describe('s3-backfill start', () => {
  it('checks the request before it starts anything, and says what is wrong where', async () => {
    const wrong = JSON.stringify({ source: { bucket: 'Photos' }, destination: { bucket: 'copy', prefx: 'a' } });
    const { code, stdout, stderr } = await s3Backfill('start --pair demo --input -', { stdin: wrong });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^s3-backfill: source\.bucket: expected a bucket name.*destination: .*prefx.*\n$/);
  });

  it.each([
    ['no JSON', '{"source', 'Expected JSON in standard input'],
    [
      'one bucket twice',
      '{"source":{"bucket":"photos"},"destination":{"bucket":"photos"},"manifest":"s3://inventory/manifest.json"}',
      'Expected a destination apart from the source',
    ],
  ])('refuses %s', async (_, stdin, message) => {
    const { code, stderr } = await s3Backfill('start --pair demo --input -', { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('says that a pair without buckets needs a request', async () => {
    expect(await s3Backfill('start --pair demo')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        's3-backfill: Pair "demo" was deployed without buckets: expected --input FILE, a request that names source, manifest and destination.\n',
    });
  });

  it('names a run that has no name, and says how to watch it', async () => {
    const { code, stdout } = await s3Backfill('start --pair demo --input -', { stdin: dryRequest });
    expect(code).toBe(0);
    const [, name = '', watch = ''] =
      /^(run-\S+) started: arn:\S+\nSee how it goes: s3-backfill (.*)\n$/.exec(stdout) ?? [];
    expect(await type(watch, { env: environmentOf(test().engine) })).toMatchObject({ code: 0 });
    expect(watch).toContain(name);
  });

  it('refuses a name that was taken', async () => {
    const { code, stderr } = await s3Backfill('start --pair demo --input - --name seven', { stdin: dryRequest });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^s3-backfill: There is a run of that name already: Execution Already Exists.* Give another --name\.\n$/,
      ),
    });
  });
});

describe('s3-backfill start --redrive', () => {
  it('brings over what a run could not, and the failures say which run did', async () => {
    const { engine } = test();
    const world = newWorld(test());
    for (const key of ['one', 'two']) world.put(key);
    world.takeInventory();
    const fault = engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      sourceKey: 'two',
      effect: { error: 'AccessDenied' },
    });
    await s3Backfill('start --pair demo --input - --name wrecked --watch', { stdin: JSON.stringify(world.request) });
    fault.remove();
    const { code, stdout } = await s3Backfill(
      'start --pair demo --redrive wrecked --cause AccessDenied --name mended --watch',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/manifest rows {2}1 = 0 out of scope \+ 1 expected/);
    expect((await s3Backfill('failures wrecked --pair demo')).stdout).toBe(
      'AccessDenied: 1 made good by run mended.\n',
    );
  });

  it.each([
    ['--cause AccessDenied', '', 'Expected --redrive RUN with --cause'],
    ['--redrive seven --input -', '{"manifest": "s3://inventories/manifest.json"}', 'Expected no manifest'],
    ['--redrive no-such-run', '', 'has no run "no-such-run"'],
  ])('refuses %s', async (words, stdin, message) => {
    const { code, stderr } = await s3Backfill(`start --pair demo ${words}`, { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('s3-backfill watch', () => {
  it('shows each state and pass, ends with the counts, and exits 1 where the run failed', async () => {
    const { code, stdout, stderr } = await s3Backfill('watch seven --pair demo');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(
      /^ {2}IndexFiles: 4\/4 files\n {2}CopyChunks, pass 1: \d+\/\d+ chunks, 500 objects, [\d,]+\/s\n/,
    );
    expect(stdout).toMatch(/CopyChunks, pass 2: 1\/1 chunks, \d+ objects/);
    expect(stdout).toContain('\nVerificationIncomplete\n');
    expect(stdout).toMatch(/expected {7}500 = 4\d\d verified \+ 5 gone \+ 0 archived \+ 7 failed\n/);
    expect(stdout).toMatch(/failed {9}7 with AccessDenied\. Allow s3:GetObject/);
    expect(stdout).toContain('report         s3://s3-backfill-demo-work/runs/seven/report/manifest.json\n');
    expect(stdout).toMatch(/\nlook closer {4}s3-backfill failures seven --pair demo --endpoint-url \S+\n/);
    expect(stdout).toMatch(/\nonce mended {4}s3-backfill start --redrive seven --pair demo --endpoint-url \S+\n$/);
  });

  it('exits 0 where the run succeeded, and takes the ARN in place of name and pair', async () => {
    const started = await s3Backfill('start --pair demo --input - --name dry', { stdin: dryRequest });
    const [, arn = ''] = /started: (\S+)/.exec(started.stdout) ?? [];
    const { code, stdout } = await s3Backfill(['watch', arn]);
    expect(code).toBe(0);
    expect(stdout).toContain('\nDryRun\n');
  });

  it('leaves the run alone when interrupted', async () => {
    const { engine } = test();
    const world = newWorld(test());
    world.put('one');
    world.takeInventory();
    const [interrupt, copying] = [new AbortController(), gate()];
    engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      times: 1,
      effect: { call: () => (interrupt.abort(), copying.opened) },
    });
    const { code, stdout } = await s3Backfill('start --pair demo --input - --name waiting --watch', {
      stdin: JSON.stringify(world.request),
      interrupt: interrupt.signal,
    });
    copying.open();
    expect(code).toBe(1);
    expect(stdout).toMatch(/The run goes on\. See how it goes: s3-backfill watch waiting --pair demo/);
    expect((await s3Backfill('watch waiting --pair demo')).code).toBe(0);
  });
});

describe('s3-backfill stop', () => {
  it('stops a run, after which the same request does the rest', async () => {
    const { engine } = test();
    const world = newWorld(test());
    world.put('one');
    world.takeInventory();
    const [reached, held] = [gate(), gate()];
    engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      times: 1,
      effect: { call: () => (reached.open(), held.opened) },
    });
    const stdin = JSON.stringify(world.request);
    await s3Backfill('start --pair demo --input - --name halted', { stdin });
    await reached.opened;
    expect(await s3Backfill('report halted --pair demo')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it is still running. See s3-backfill watch halted --pair demo'),
    });
    expect(await s3Backfill('stop halted --pair demo')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^halted is stopped\./),
    });
    held.open();
    expect(await s3Backfill('watch halted --pair demo')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ABORTED'),
    });
    expect((await s3Backfill('start --pair demo --input - --name rest --watch', { stdin })).code).toBe(0);
  });

  it('says so where the run had ended', async () => {
    expect(await s3Backfill('stop seven --pair demo')).toEqual({
      code: 0,
      stdout: 'seven had ended already: VerificationIncomplete.\n',
      stderr: '',
    });
  });
});

describe('s3-backfill history', () => {
  it('lists the events, with states, and why it failed', async () => {
    const { code, stdout } = await s3Backfill('history seven --pair demo');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {3}1 {7}0\.0 s {2}ExecutionStarted\n {3}2 .*TaskStateEntered PrepareRun\n/);
    expect(stdout).toMatch(/MapRunStarted CopyChunks\n/);
    expect(stdout).toMatch(
      /ExecutionFailed: VerificationIncomplete: 7 of 500 objects could not be brought over and proved\./,
    );
  });

  it('shows the children of a Map that failed, with their cause', async () => {
    const { engine, pipeline } = test();
    const world = newWorld(test());
    world.put('one');
    world.takeInventory();
    // A worker that dies each time is tried five times, and then its chunk has failed.
    engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      effect: { call: () => void engine.lambda.killRunning(pipeline.functionNames['copy-chunk'] ?? '') },
    });
    await s3Backfill('start --pair demo --input - --name dying --watch', { stdin: JSON.stringify(world.request) });
    const { stdout } = await s3Backfill('history dying --pair demo');
    expect(stdout).toMatch(/\nChildren that failed:\n {2}CopyChunks, pass 1, \S+: Runtime\.ExitError: /);
  });

  it('--json has the events as AWS answers them', async () => {
    const { stdout } = await s3Backfill('history seven --pair demo --json');
    const events = JSON.parse(stdout) as { id: number; type: string }[];
    expect(events[0]).toMatchObject({ id: 1, type: 'ExecutionStarted' });
    expect(events.at(-1)).toMatchObject({
      type: 'ExecutionFailed',
      executionFailedEventDetails: { error: 'VerificationIncomplete' },
    });
  });
});

describe('s3-backfill failures', () => {
  it('groups them by cause, the remedy first, and names the keys', async () => {
    const { code, stdout } = await s3Backfill('failures seven --pair demo');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^AccessDenied: 7 open\. Allow s3:GetObject.*\n( {2}\S.*\n){7}/m);
    expect(stdout).toMatch(/^InternalError: \d+ made good by a later try\.$/m);
  });

  it('names ten keys of a cause, and all with --cause', async () => {
    const some = await s3Backfill('failures hostile --pair demo');
    expect(some.stdout).toMatch(/and 2 more: s3-backfill failures hostile --pair demo .*--cause AccessDenied\n/);
    expect(some.stdout).toMatch(/\nOnce mended: s3-backfill start --redrive hostile --pair demo --endpoint-url \S+\n$/);
    const all = await s3Backfill('failures hostile --pair demo --cause AccessDenied');
    expect(all.stdout.match(/^ {2}/gm)).toHaveLength(HOSTILE.length);
    expect(all.stdout).toMatch(/\nOnce mended: s3-backfill start --redrive hostile .* --cause AccessDenied\n$/);
    expect((await s3Backfill('failures hostile --pair demo --cause NoSuchBucket')).stdout).toBe(
      'No failures with NoSuchBucket.\n',
    );
  });

  it('--json is a list of the items, keys exactly as they are', async () => {
    const { stdout } = await s3Backfill('failures hostile --pair demo --json');
    const items = failure.array().parse(JSON.parse(stdout));
    expect(new Set(items.map(({ key }) => key))).toEqual(new Set(HOSTILE));
    expect((await s3Backfill('failures dry --pair demo --json')).stdout).toBe('[]\n');
  });

  it('--csv has a line for each, and no cell is a formula', async () => {
    const { stdout } = await s3Backfill('failures hostile --pair demo --csv');
    expect(stdout.trimEnd().split('\n')).toHaveLength(HOSTILE.length + 1);
    const rows: Failure[] = parse(stdout, { columns: true });
    expect(rows.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["'=cmd|calc!A1", "'+1", "'-1", "'@SUM(A1)", "'＝1", 'quote"comma,apostrophe\'']),
    );
    for (const row of rows) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝]/);
  });

  it.each(['', ' --json', ' --csv', ' --cause AccessDenied'])(
    '%s prints nothing that moves the cursor',
    async (option) => {
      const { stdout } = await s3Backfill(`failures hostile --pair demo${option}`);
      expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    },
  );

  it('refuses --json together with --csv', async () => {
    expect(await s3Backfill('failures seven --pair demo --json --csv')).toMatchObject({
      code: 2,
      stderr: 's3-backfill: --json and --csv exclude each other; choose one.\n',
    });
  });
});

describe('s3-backfill report', () => {
  it('shows the counts and where the report is', async () => {
    const { code, stdout } = await s3Backfill('report seven --pair demo');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^VerificationIncomplete\n\nmanifest rows {2}500 = 0 out of scope \+ 500 expected\n/);
    expect(stdout).toMatch(/report {9}s3:\/\/\S+manifest\.json, \d+ files\n$/);
  });

  it('--json prints the summary', async () => {
    const { stdout } = await s3Backfill('report seven --pair demo --json');
    expect(JSON.parse(stdout)).toEqual(test().summary('seven'));
  });

  it('--download brings every row, in files that no key named, each with the MD5 of the manifest', async () => {
    const directory = join(folder, 'report');
    const { code, stdout } = await s3Backfill(`report hostile --pair demo --download ${directory}`);
    expect(code).toBe(0);
    const { Results } = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as {
      Results: { MD5Checksum: string }[];
    };
    expect(stdout).toContain(`downloaded     ${Results.length} files`);
    const names = (await readdir(directory)).filter((name) => name !== 'manifest.json').sort();
    expect(names.every((name) => /^\d{6}-(succeeded|failed)\.csv\.gz$/.test(name))).toBe(true);
    const bodies = await Promise.all(names.map((name) => readFile(join(directory, name))));
    expect(bodies.map((body) => createHash('md5').update(body).digest('hex'))).toEqual(
      Results.map(({ MD5Checksum }) => MD5Checksum),
    );
    const rows = bodies.flatMap((body) => parse(gunzipSync(body)));
    expect(rows.map(([, key = '']) => decodeURIComponent(key)).sort()).toEqual([...HOSTILE, 'readable'].sort());
  });

  it('--download refuses a file that is not the one that the run wrote', async () => {
    const { engine, pipeline } = test();
    const directory = join(folder, 'damaged');
    const [{ key } = { key: '' }] = engine.s3.listObjects(pipeline.workBucket, 'runs/seven/report/');
    const before = engine.s3.getObject(pipeline.workBucket, key)?.body ?? Buffer.alloc(0);
    engine.s3.putObject(pipeline.workBucket, key, Buffer.from('something else'));
    const { code, stderr } = await s3Backfill(`report seven --pair demo --download ${directory}`);
    engine.s3.putObject(pipeline.workBucket, key, before);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^s3-backfill: Expected s3:\/\/\S+ with MD5 \w{32}, got \w{32}\. Download it again\.\n$/);
    for (const name of await readdir(directory)) expect(name).not.toContain('.part');
  });

  it('says why there is none', async () => {
    const stdin = JSON.stringify({
      source: { bucket: 'nowhere' },
      destination: { bucket: 'elsewhere' },
      manifest: 's3://demo-inventory/manifest.json',
    });
    const { code, stdout } = await s3Backfill('start --pair demo --input - --name nothing --watch', { stdin });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nManifestNotFound\n\n.+\nlook closer {4}s3-backfill history nothing --pair demo/);
    expect(await s3Backfill('report nothing --pair demo')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'nothing has no report: it ended early with ManifestNotFound. See s3-backfill history nothing',
      ),
    });
  });
});

describe('s3-backfill runs', () => {
  it('lists them newest first, with status, start, duration and counts', async () => {
    const { code, stdout } = await s3Backfill('runs --pair demo');
    expect(code).toBe(0);
    const [head = '', ...lines] = stdout.trimEnd().split('\n');
    expect(head.split(/ +/)).toEqual(['RUN', 'STATUS', 'STARTED', 'TOOK', 'EXPECTED', 'VERIFIED', 'FAILED']);
    expect(lines.at(-1)).toMatch(/^seven +VerificationIncomplete +\d{4}-\d\d-\d\dT[\d:]+Z +[\d.]+ \w+.* 500 +48\d +7$/);
    expect(lines.at(-2)).toMatch(/^hostile .* 13 +1 +12$/);
  });

  it('--limit and --json', async () => {
    const { stdout } = await s3Backfill('runs --pair demo --limit 1 --json');
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('finds a pair by its state machine, too', async () => {
    const named = await s3Backfill(`runs --state-machine ${test().pipeline.stateMachineArn}`);
    expect(named).toEqual(await s3Backfill('runs --pair demo'));
  });
});

describe('What is not there', () => {
  it.each(['watch', 'stop', 'history', 'failures', 'report'])(
    's3-backfill %s says that there is no such run',
    async (command) => {
      expect(await s3Backfill(`${command} nobody --pair demo`)).toEqual({
        code: 2,
        stdout: '',
        stderr: 's3-backfill: Pair "demo" has no run "nobody". `s3-backfill runs` lists those it has.\n',
      });
    },
  );

  it('says that there is no such pair, or state machine', async () => {
    expect(await s3Backfill('runs --pair photos')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^s3-backfill: There is no pair "photos" here: expected a state machine s3-backfill-photos.*\n$/,
      ),
    });
    const arn = `${test().pipeline.stateMachineArn}-other`;
    expect(await s3Backfill(`runs --state-machine ${arn}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no state machine of s3-backfill'),
    });
    expect(await s3Backfill(`runs --state-machine ${test().pipeline.reconcileMachineArn}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'is the daily reconciliation of the pair "demo": expected the state machine of its runs, s3-backfill-demo. `s3-backfill reconciliations demo` shows its days.',
      ),
    });
    expect(await s3Backfill('runs --state-machine demo')).toMatchObject({ code: 2 });
  });
});

describe('A service that cannot be reached', () => {
  it('with a wrong secret: exit code 3, and what to check', async () => {
    const env = { ...environmentOf(test().engine), AWS_SECRET_ACCESS_KEY: 'wrong' };
    expect(await s3Backfill('runs --pair demo', { env })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(
        /^s3-backfill: The service does not accept these credentials: .* Check keys, profile, Region and clock\.\n$/,
      ),
    });
  });

  it('with an unknown key: exit code 3', async () => {
    const env = { ...environmentOf(test().engine), AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' };
    expect((await s3Backfill('runs --pair demo', { env })).code).toBe(3);
  });

  it('with nothing listening at the endpoint: exit code 3', async () => {
    const { code, stderr } = await type('runs --pair demo --endpoint-url http://127.0.0.1:9', {
      env: environmentOf(test().engine),
    });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /^s3-backfill: Cannot reach the service: nothing listens there .*Check --endpoint-url.*\n$/,
      ),
    });
  });
});
