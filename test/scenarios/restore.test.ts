import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run as runSchema } from '../../contracts/run.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, readReport } from '../support/world.js';

const PHOTOS = 'photos';
const VAULT = 'photos-vault';
const DRILL = 'drill';
const DAY_MS = 86_400_000;
// Whole runs, several a test.
jest.setTimeout(300_000);

const test = useEngine({
  pipeline: {
    pair: 'photos',
    bounds: {
      source: { bucket: PHOTOS, prefix: 'in/' },
      destination: { bucket: VAULT, prefix: 'out/', storageClass: 'STANDARD_IA' },
      inventory: { bucket: 'inventories', prefix: 'daily', configId: 'all' },
      maxConcurrency: 4,
      restore: { to: [{ bucket: DRILL, prefix: 'found/' }] },
    },
    chunkRows: 3,
    retryDelayMs: 1,
  },
});
const s3 = () => test().engine.s3;

/** Each test has a folder of its own in the same buckets. */
let folder = '';
let folders = 0;
beforeEach(() => {
  s3().createBucket(PHOTOS);
  s3().createBucket(VAULT, { versioning: 'Enabled' });
  s3().createBucket(DRILL);
  s3().createBucket('inventories');
  folder = `${(folders += 1)}/`;
  s3().faults.clear();
});

describe('A restore brings back to the source', () => {
  it('what is at the destination under a prefix, as it was copied, and nothing else', async () => {
    for (const key of ['a', 'b/c', 'é +%2F', 'b/d']) put(PHOTOS, `in/${folder}${key}`);
    put(PHOTOS, 'in/kept/of another folder');
    await backUp();
    for (const key of ['a', 'b/c', 'é +%2F']) s3().deleteObject(PHOTOS, `in/${folder}${key}`);
    s3().deleteObject(PHOTOS, 'in/kept/of another folder');

    const { runId } = await restore({ source: { prefix: `out/${folder}` } });
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      pair: 'photos-restore',
      expected: 4,
      verified: { copied: 3, identical: 1 },
    });
    expect(contents(PHOTOS)).toEqual({
      [`in/${folder}a`]: 'a of in',
      [`in/${folder}b/c`]: 'c of in',
      [`in/${folder}b/d`]: 'd of in',
      [`in/${folder}é +%2F`]: '%2F of in',
    });
    expect(s3().getObject(PHOTOS, `in/${folder}a`)).toMatchObject({ storageClass: 'STANDARD' });
    expect(contents(PHOTOS, 'in/kept/')).toEqual({});
    expect(runOf(runId)).toMatchObject({ manifest: { kind: 'list' }, scope: 'part' });
  });

  it('all of the pair where its input is {}', async () => {
    put(VAULT, `out/${folder}x`);
    const { runId } = await restore({});
    expect(runOf(runId)).toMatchObject({ scope: 'pair', request: { archived: 'restore', overwrite: 'older' } });
    expect(s3().getObject(PHOTOS, `in/${folder}x`)?.body.toString()).toBe('x of out');
  });

  it('nothing in a dry run, which says how many objects and bytes it would', async () => {
    put(VAULT, `out/${folder}x`);
    put(VAULT, `out/${folder}y`);
    const { runId } = await restore({ source: { prefix: `out/${folder}` }, dryRun: true });
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 2, bytes: 16 } });
    expect(contents(PHOTOS)).toEqual({});
  });

  it('nothing over what is newer there, which it names; and with overwrite: "always" also that', async () => {
    for (const key of ['older', 'newer', 'same']) put(VAULT, `out/${folder}${key}`);
    put(PHOTOS, `in/${folder}older`, 'as it was', { lastModified: days(-9) });
    put(PHOTOS, `in/${folder}newer`, 'as it is now', { lastModified: days(0) });
    put(PHOTOS, `in/${folder}same`, 'same of out', { lastModified: days(0) });
    const input = { source: { prefix: `out/${folder}` } };
    const ended = await restore(input);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ failed: 1, verified: { copied: 1, identical: 1 } });
    expect(contents(PHOTOS)).toEqual({
      [`in/${folder}older`]: 'older of out',
      [`in/${folder}newer`]: 'as it is now',
      [`in/${folder}same`]: 'same of out',
    });
    expect(await test().failures(ended.runId)).toMatchObject([
      { cause: 'DestinationNewer', key: `out/${folder}newer` },
    ]);

    const always = await restore({ ...input, overwrite: 'always' });
    expect(expectBooks(test(), always.runId)).toMatchObject({
      status: 'Verified',
      verified: { copied: 1, identical: 2 },
    });
    expect(s3().getObject(PHOTOS, `in/${folder}newer`)?.body.toString()).toBe('newer of out');
  });

  it('what is archived, once S3 has restored it, in a class that can be read', async () => {
    put(VAULT, `out/${folder}cold`, 'cold of out', { storageClass: 'GLACIER' });
    put(VAULT, `out/${folder}warm`);
    const { runId } = await restore({ source: { prefix: `out/${folder}` }, restoreTier: 'Expedited' });
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', verified: { copied: 2 }, archived: 0 });
    expect(s3().getObject(PHOTOS, `in/${folder}cold`)).toMatchObject({
      storageClass: 'STANDARD',
      body: Buffer.from('cold of out'),
    });
    const asked = s3().requests.count({ operation: 'RestoreObject', bucket: VAULT });
    expect(asked).toBe(1);
  });
});

describe('A restore goes to another bucket', () => {
  it('that the pair names, under the prefix that stands there', async () => {
    put(VAULT, `out/${folder}x`);
    const { runId } = await restore({ source: { prefix: `out/${folder}` }, destination: { bucket: DRILL } });
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', verified: { copied: 1 } });
    expect(contents(DRILL, 'found/')).toMatchObject({ [`found/${folder}x`]: 'x of out' });
    expect(contents(PHOTOS)).toEqual({});
  });

  it.each([
    [{ destination: { bucket: 'elsewhere' } }, /destination\.bucket: expected one of photos, drill; .* restore\.to/],
    [
      { destination: { bucket: DRILL, prefix: 'lost/' } },
      /destination\.prefix: expected one that begins with "found\/"/,
    ],
    [{ source: { bucket: PHOTOS } }, /source\.bucket: expected photos-vault/],
    [{ manifest: 's3://inventories/x/manifest.json' }, /a restore has no inventory/],
    [{ versions: 'all' }, /versions: expected "current"/],
  ])('and no other: %j is refused, with what to do', async (input, cause) => {
    const ended = await restore(input);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'OutsidePair' });
    expect((JSON.parse(ended.cause ?? '{}') as { errorMessage: string }).errorMessage).toMatch(cause);
  });
});

describe('A restore as of a time', () => {
  it('brings back the version of each object that was current then', async () => {
    put(VAULT, `out/${folder}replaced`, 'one', { lastModified: days(-9) });
    put(VAULT, `out/${folder}replaced`, 'two', { lastModified: days(-6) });
    put(VAULT, `out/${folder}replaced`, 'three', { lastModified: days(-2) });
    put(VAULT, `out/${folder}deleted since`, 'was here', { lastModified: days(-9) });
    s3().deleteObject(VAULT, `out/${folder}deleted since`);
    put(VAULT, `out/${folder}later`, 'not yet', { lastModified: days(-1) });
    put(VAULT, `out/${folder}cold`, 'old', { lastModified: days(-9), storageClass: 'GLACIER' });
    put(VAULT, `out/${folder}cold`, 'new', { lastModified: days(-1) });
    put(PHOTOS, `in/${folder}replaced`, 'ruined', { lastModified: days(-8) });
    const manifest = { list: true, asOf: new Date(days(-5)).toISOString() };
    const input = { source: { prefix: `out/${folder}` }, manifest, restoreTier: 'Expedited' };

    const dry = await restore({ ...input, dryRun: true });
    expect(expectBooks(test(), dry.runId)).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 3 } });
    const { runId } = await restore(input);
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', scope: 'part', verified: { copied: 3 } });
    expect(contents(PHOTOS)).toEqual({
      [`in/${folder}replaced`]: 'two',
      [`in/${folder}deleted since`]: 'was here',
      [`in/${folder}cold`]: 'old',
    });
    expect(readReport(test(), runId).every(({ versionId }) => versionId !== '')).toBe(true);

    const again = await restore(input);
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 3, copied: 0 } });
  });

  it('brings nothing back of what had been deleted by then', async () => {
    put(VAULT, `out/${folder}gone`, 'was here', { lastModified: days(-9) });
    s3().deleteObject(VAULT, `out/${folder}gone`);
    await test().engine.clock.sleep(2 * DAY_MS);
    const asOf = new Date(days(-1)).toISOString();
    put(VAULT, `out/${folder}gone`, 'back again', { lastModified: days(0) });
    const { runId } = await restore({ source: { prefix: `out/${folder}` }, manifest: { list: true, asOf } });
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', expected: 0 });
  });

  it('tells versions of one key apart over many pages, and goes on where a run of it failed', async () => {
    const count = 2_500;
    const began = Math.floor(days(-30) / 1_000) * 1_000;
    for (let index = 0; index < count; index++)
      put(VAULT, `out/${folder}busy`, `version ${index}`, { lastModified: began + index * 1_000 });
    put(VAULT, `out/${folder}zz`, 'behind it', { lastModified: days(-40) });
    const asOf = new Date(began + 7_000).toISOString();
    s3().faults.add({ operation: 'CopyObject', sourceKey: `out/${folder}busy`, effect: { error: 'AccessDenied' } });
    const first = await restore({ source: { prefix: `out/${folder}` }, manifest: { list: true, asOf }, maxPasses: 1 });
    expect(first).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    s3().faults.clear();
    const second = await restore({ source: { prefix: `out/${folder}` }, manifest: { failuresOf: first.runId } });
    expect(expectBooks(test(), second.runId)).toMatchObject({ status: 'Verified', verified: { copied: 1 } });
    expect(contents(PHOTOS)).toEqual({ [`in/${folder}busy`]: 'version 7', [`in/${folder}zz`]: 'behind it' });
  });

  it('is refused where the time is to come, and of an ordinary run of the pair', async () => {
    const asOf = new Date(days(1)).toISOString();
    const future = await restore({ manifest: { list: true, asOf } });
    expect(future).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    expect(future.cause).toContain('manifest.asOf: expected a time that is past');
    const ordinary = await test().startAndWait({ manifest: { list: true, asOf: '2020-01-01' } }, 'ordinary');
    expect(ordinary).toMatchObject({ status: 'FAILED', error: 'OutsidePair' });
    expect(ordinary.cause).toContain('Deploy the pair with restore');
  });
});

/** By a run of the pair itself. */
async function backUp(): Promise<void> {
  const ended = await test().startAndWait({ manifest: { list: true } }, `backup-${folders}`);
  expect(ended.status).toBe('SUCCEEDED');
}

let runs = 0;
async function restore(input: object) {
  const { sfn, pipeline } = test();
  const { executionArn = '' } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn: pipeline.restoreMachineArn,
      name: `restore-${(runs += 1)}`,
      input: JSON.stringify(input),
    }),
  );
  return test().ended(executionArn);
}

function put(
  bucket: string,
  key: string,
  body?: string,
  options: Parameters<ReturnType<typeof s3>['putObject']>[3] = {},
) {
  const [root] = key.split('/');
  const text = body ?? `${key.split(/[/+ ]/).at(-1)} of ${root}`;
  s3().putObject(bucket, key, Buffer.from(text), { lastModified: days(-7), ...options });
}

/** `{key: body}` of what a test has in a bucket. */
function contents(bucket: string, prefix = `in/${folder}`): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key } of s3().listObjects(bucket, prefix))
    found[key] = s3().getObject(bucket, key)?.body.toString() ?? '';
  return found;
}

function days(count: number): number {
  return test().engine.clock.now() + count * DAY_MS;
}

function runOf(runId: string) {
  const file = s3().getObject(test().pipeline.workBucket, `runs/${runId}/request.json`);
  return runSchema.parse(JSON.parse(String(file?.body)));
}
