import { describe, expect, it } from '@jest/globals';
import { MapRuns } from '../../adapters/step-functions/map-runs.js';
import { encodeKey } from '../../core/keys.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 10, retryDelayMs: 1, pieceBytes: 700 } });

const AWKWARD = ['%', '%41', '-rf', '//', 'a b', 'a+b', 'a,b"c', '=1+1', 'folder/', 'line\nbreak', 'é', '\uFFFF', '😀'];
const ORDINARY = Array.from({ length: 40 }, (_, index) => `photos/2025/${String(index).padStart(4, '0')}.jpg`);
const KEYS = [...AWKWARD, ...ORDINARY];

describe('A run from the manifest of an S3 Batch Operations job', () => {
  it.each<[string, (bucket: string, key: string) => string]>([
    ['without quotes', (bucket, key) => `${bucket},${encodeKey(key)}`],
    ['with quotes', (bucket, key) => `"${bucket}","${encodeKey(key)}"`],
  ])('brings over what it names, and nothing else: %s', async (_, line) => {
    const world = worldOf([...KEYS, 'not named']);
    list(world, KEYS.map((key) => line(world.source, key)).join('\n'));
    const { runId } = await test().startAndWait(world.request);
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      manifestRows: KEYS.length,
      outOfScope: { filtered: 0, duplicates: 0 },
      expected: KEYS.length,
      verified: { copied: KEYS.length },
      bytesCopied: Buffer.byteLength(KEYS.map((key) => `body of ${key}`).join('')),
    });
    expect(world.contents(world.destination)).toEqual(bodiesOf(KEYS));
  });

  it('copies an object once that it names often, in one piece or in several, and counts the others', async () => {
    const world = worldOf(KEYS);
    const lines = KEYS.map((key) => `${world.source},${encodeKey(key)}`);
    list(world, [...lines, ...lines.toReversed(), lines[0], lines[0]].join('\r\n'));
    const { engine } = test();
    engine.s3.requests.reset();
    const { runId, executionArn } = await test().startAndWait(world.request);
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      manifestRows: 2 * KEYS.length + 2,
      outOfScope: { duplicates: KEYS.length + 2 },
      expected: KEYS.length,
      verified: { copied: KEYS.length },
    });
    expect(engine.s3.requests.count({ operation: 'CopyObject', bucket: world.destination })).toBe(KEYS.length);
    const maps = await new MapRuns(test().sfn).progress(executionArn);
    expect(maps.map(({ state }) => state)).toContain('MergeRanges');
  });

  it('finds by itself what the list does not say: what is there already, gone, and archived', async () => {
    const world = worldOf(ORDINARY.slice(0, 12));
    const { s3, clock } = test().engine;
    const [same = '', gone = '', cold = ''] = ORDINARY;
    s3.putObject(world.destination, same, Buffer.from(`body of ${same}`));
    s3.deleteObject(world.source, gone);
    s3.putObject(world.source, cold, Buffer.from('cold'), { storageClass: 'GLACIER', lastModified: clock.now() - 1e9 });
    list(
      world,
      ORDINARY.slice(0, 12)
        .map((key) => `${world.source},${encodeKey(key)}`)
        .join('\n'),
    );
    const { runId } = await test().startAndWait(world.request);
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      verified: { identical: 1, copied: 9 },
      gone: 1,
      archived: 1,
      drift: 0,
    });
    // Run again, all is there.
    const again = await test().startAndWait(world.request);
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 10, copied: 0 } });
  });

  it('takes filters of keys, and none of what the list does not have', async () => {
    const world = worldOf(ORDINARY);
    list(world, ORDINARY.map((key) => `${world.source},${key}`).join('\n'));
    const some = await test().startAndWait({ ...world.request, include: ['*/000?.jpg'] });
    expect(expectBooks(test(), some.runId)).toMatchObject({ outOfScope: { filtered: 30 }, verified: { copied: 10 } });
    const sized = await test().startAndWait({ ...world.request, minSize: 1 });
    expect(sized).toMatchObject({ status: 'FAILED', error: 'ManifestUnsupported' });
  });

  it('of nothing at all is a run of nothing', async () => {
    const world = worldOf([]);
    list(world, '');
    const { runId } = await test().startAndWait(world.request);
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', manifestRows: 0, expected: 0 });
  });
});

describe('A run from the result of an Athena query', () => {
  const header = '"bucket","key","size","last_modified_date","e_tag","storage_class","dt"';

  it('knows by it what is there already, without a look at any object', async () => {
    const world = worldOf(KEYS);
    const { s3 } = test().engine;
    for (const key of ORDINARY) s3.putObject(world.destination, key, Buffer.from(`body of ${key}`));
    const lines = KEYS.map((key) => {
      const { size = 0, etag = '', lastModified = 0 } = s3.getObject(world.source, key) ?? {};
      const time = new Date(lastModified).toISOString().replace('T', ' ').replace('Z', '');
      return `"${world.source}","${encodeURIComponent(key).replaceAll('%20', '+')}","${size}","${time}","${etag}","STANDARD","2026-01-31-00-00"`;
    });
    list(world, `${[header, ...lines].join('\n')}\n`);
    s3.requests.reset();
    const { runId } = await test().startAndWait({ ...world.request, modifiedAfter: '2001-01-01', minSize: 1 });
    expect(expectBooks(test(), runId)).toMatchObject({
      status: 'Verified',
      manifestRows: KEYS.length,
      verified: { identical: ORDINARY.length, copied: AWKWARD.length },
      evidence: { etag: ORDINARY.length },
    });
    expect(s3.requests.count({ operation: 'HeadObject', bucket: world.source })).toBe(0);
    expect(
      readReport(test(), runId)
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(KEYS.toSorted());
  });
});

describe('A list that is not what it was taken for', () => {
  it.each<[string, (world: World) => string, string, RegExp]>([
    ['names another bucket', ({ source }) => `${source},a\nother,b\n`, 'ManifestCorrupt', /byte \d+: expected bucket/],
    ['names a version', ({ source }) => `${source},a,v1\n`, 'ManifestUnsupported', /Leave VersionId out/],
    ['has a newline in a key', ({ source }) => `${source},"a\nb"\n`, 'ManifestCorrupt', /byte 0: expected a record/],
  ])('ends the run by name before anything is written: it %s', async (_, text, error, cause) => {
    const world = worldOf(['a']);
    list(world, text(world));
    expect(await test().startAndWait(world.request)).toMatchObject({
      status: 'FAILED',
      error,
      cause: expect.stringMatching(cause),
    });
    expect(world.contents(world.destination)).toEqual({});
  });

  it('is changed while the run reads it: the run ends, and says to start again', async () => {
    const world = worldOf(ORDINARY);
    const text = ORDINARY.map((key) => `${world.source},${key}`).join('\n');
    list(world, text);
    const { s3 } = test().engine;
    s3.faults.add({
      operation: 'GetObject',
      bucket: world.inventory,
      skip: 1,
      times: 1,
      effect: { call: () => void s3.putObject(world.inventory, 'list.csv', Buffer.from(`${text}\n`)) },
    });
    const ended = await test().startAndWait(world.request);
    s3.faults.clear();
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'ManifestCorrupt',
      cause: expect.stringContaining('changed or removed while the run read it. Start again'),
    });
  });
});

/** A world with these objects in its source. */
function worldOf(keys: readonly string[]): World {
  const world = newWorld(test());
  for (const key of keys) world.put(key);
  return world;
}

/** Puts a list beside the inventories, and points the request at it. */
function list(world: World, text: string): void {
  test().engine.s3.putObject(world.inventory, 'list.csv', Buffer.from(text));
  world.request.manifest = { csv: `s3://${world.inventory}/list.csv` };
}

function bodiesOf(keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, `body of ${key}`]));
}
