import { describe, expect, it } from '@jest/globals';
import { inventoryFile } from '../../../contracts/manifest.js';
import type { PairBounds } from '../../../contracts/pair.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { prepareRun } from '../../../core/prepare/prepare-run.js';
import { readRun } from '../../../core/run-files.js';
import { boundsOf } from '../support/bounds.js';
import { DESTINATION, INVENTORY, SOURCE, WORK, linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();

const FOREIGN_KEY = 'arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('A run is prepared', () => {
  it('with its request, its manifest and its files on file', async () => {
    expect(await prepare('prepared', { maxConcurrency: 7 })).toEqual({
      run: { id: 'prepared', prefix: 'runs/prepared/', dryRun: false, engine: 'copy', maxConcurrency: 7, listing: '' },
      files: 2,
      round: 0,
    });
    expect(await readRun(storage().ports, 'prepared')).toMatchObject({
      id: 'prepared',
      pair: 'demo',
      executionArn: arnOf('prepared'),
      request: { maxConcurrency: 7, maxPasses: 5, source: { bucket: SOURCE } },
      opaqueByDefault: { source: false, destination: false },
      sourceIsWebsite: false,
      isInPlace: true,
      provenBy: [],
    });
    const files = await linesOf(storage(), 'runs/prepared/files.jsonl');
    expect(files.map((line) => inventoryFile.parse(line).file)).toEqual([0, 1]);
  });

  it('with fewer workers where its requests a second would keep them waiting', async () => {
    expect(await prepare('paced', { maxConcurrency: 50, requestsPerSecond: 100 })).toMatchObject({
      run: { maxConcurrency: 10 },
    });
    expect(await readRun(storage().ports, 'paced')).toMatchObject({
      request: { maxConcurrency: 50, requestsPerSecond: 100 },
    });
  });

  it('once more, to the same, where the state is tried again', async () => {
    storage().running.add(arnOf('again'));
    const once = await prepare('again');
    expect(await prepare('again')).toEqual(once);
    storage().running.delete(arnOf('again'));
  });

  it('not, where the request cannot be meant: no lock is taken and nothing is written', async () => {
    await expect(prepare('invalid', { maxPasses: 0 })).rejects.toMatchObject({ name: 'InvalidRequest' });
    expect([...storage().s3.listObjects(WORK, 'runs/invalid/')]).toEqual([]);
  });

  it.each<[string, Partial<RunRequestInput>, string]>([
    ['the manifest is not there', { manifest: `s3://${INVENTORY}/no/manifest.json` }, 'ManifestNotFound'],
    ['the source is not there', { source: { bucket: 'no-such-bucket' } }, 'ManifestCorrupt'],
    ['the destination is not there', { destination: { bucket: 'no-such-bucket' } }, 'DestinationUnwritable'],
    [
      'the key of KMS is one of another Region',
      { destination: { bucket: DESTINATION, kmsKeyArn: FOREIGN_KEY } },
      'DestinationUnwritable',
    ],
    ['the inventory has no versions, and all are asked for', { versions: 'all' }, 'ManifestUnsupported'],
  ])('not, where %s: nothing is written to the destination', async (_, request, name) => {
    await expect(prepare('refused', request)).rejects.toMatchObject({ name });
    expect([...storage().s3.listObjects(DESTINATION)]).toEqual([]);
    expect([...storage().s3.listObjects(WORK, 'runs/refused/')]).toEqual([]);
  });

  it('not, where another run of the pair is going on', async () => {
    await prepare('running');
    storage().running.add(arnOf('running'));
    await expect(prepare('second')).rejects.toMatchObject({ name: 'PairBusy' });
    storage().running.delete(arnOf('running'));
  });

  it('knowing that ETags prove nothing where a bucket encrypts with KMS', async () => {
    const { ports } = storage();
    const pair: typeof ports.pair = (source, destination) =>
      Object.assign(ports.pair(source, destination), {
        opaqueByDefault: () => Promise.resolve({ source: false, destination: true }),
      });
    await prepare('kms', {}, { pair });
    expect((await readRun(ports, 'kms')).opaqueByDefault).toEqual({ source: false, destination: true });
  });
});

describe('A run that lists the source is prepared', () => {
  const list = { list: true } as const;
  const day = (days: number) => new Date(Date.UTC(2026, 0, 31 + days)).toISOString();
  const begin = (runId: string, startTime = day(0), source: { bucket: string; prefix?: string } = { bucket: SOURCE }) =>
    prepareRun(storage().ports, {
      runId,
      executionArn: arnOf(runId),
      startTime,
      input: { source, destination: { bucket: DESTINATION }, manifest: list },
      pair: { name: runId.split('-')[0] ?? '' },
    });

  it('with the first round of its listing on file, and no data files yet', async () => {
    const folder = `manifests/new-one-${Date.parse(day(0))}/`;
    expect(await begin('new-one')).toMatchObject({ run: { listing: folder }, files: 0, round: 1 });
    expect(await linesOf(storage(), `${folder}rounds/1/ranges.jsonl`)).toMatchObject([
      { range: 0, after: '', pages: 20 },
    ]);
    expect((await readRun(storage().ports, 'new-one')).manifest).toMatchObject({
      kind: 'list',
      bucket: WORK,
      key: `${folder}${SOURCE}/list/2026-01-31T00-00Z/manifest.json`,
      createdAt: Date.parse(day(0)),
    });
    expect(await storage().ports.work.read('runs/new-one/files.jsonl')).toBeUndefined();
  });

  it('once more, to the same, where the state is tried again', async () => {
    const once = await begin('again-one');
    expect(await begin('again-one')).toEqual(once);
  });

  it('to go on with what an earlier run did not end, in the round in which that was', async () => {
    const { run } = await begin('resumed-one');
    await storage().ports.work.write(`${run.listing}rounds/2/ranges.jsonl`, '{}');
    const next = await begin('resumed-two', day(1));
    expect(next).toMatchObject({ run: { listing: run.listing }, round: 2 });
    const { manifest } = await readRun(storage().ports, 'resumed-two');
    expect(manifest).toMatchObject({ kind: 'list', createdAt: Date.parse(day(0)) });
  });

  it.each<[string, Parameters<typeof begin>[1], Parameters<typeof begin>[2]]>([
    ['is older than a day', '2026-02-01T00:00:00.001Z', undefined],
    ['is of another prefix', undefined, { bucket: SOURCE, prefix: 'in/' }],
  ])('anew, where that which is there %s', async (why, startTime, source) => {
    const pair = why.replaceAll(' ', '');
    const { run } = await begin(`${pair}-one`);
    const next = await begin(`${pair}-two`, startTime, source);
    expect(next.run.listing).not.toBe(run.listing);
    expect(next.round).toBe(1);
  });

  it('anew, where that which is there came to its end', async () => {
    const { run } = await begin('ended-one');
    const { manifest } = await readRun(storage().ports, 'ended-one');
    if (manifest.kind !== 'list') throw new Error('it lists nothing');
    await storage().ports.work.write(manifest.key.replace('.json', '.checksum'), 'md5');
    expect((await begin('ended-two')).run.listing).not.toBe(run.listing);
  });

  it('anew, where what is there is not what a run writes', async () => {
    await storage().ports.work.write('listings/odd.json', '{"folder":7}');
    expect(await begin('odd-one')).toMatchObject({ round: 1 });
  });

  it('not, where all versions are asked for', async () => {
    await expect(prepare('versioned', { manifest: list, versions: 'all' })).rejects.toMatchObject({
      name: 'ManifestUnsupported',
    });
  });
});

describe('A run of a pair with bounds is prepared', () => {
  const ACCOUNT = '123456789012';
  const OTHER = '210987654321';
  const bounds = boundsOf({}, { inventory: { bucket: INVENTORY, prefix: '', configId: 'all' } });
  const owned = (account: string) => ({
    ...bounds,
    source: { ...bounds.source, account },
    destination: { ...bounds.destination, account, region: 'eu-west-1' },
    inventory: { ...bounds.inventory, account, region: 'us-east-1' },
  });

  it('from {}: the newest inventory, and all that the pair knows of its buckets', async () => {
    expect(await prepareBound('bound', {}, owned(ACCOUNT))).toMatchObject({ run: { maxConcurrency: 20 }, files: 2 });
    expect(await readRun(storage().ports, 'bound')).toMatchObject({
      pair: 'photos',
      scope: 'pair',
      request: { source: { bucket: SOURCE }, manifest: { latest: `s3://${INVENTORY}/${SOURCE}/all/` } },
      buckets: {
        source: { bucket: SOURCE, account: ACCOUNT },
        destination: { bucket: DESTINATION, account: ACCOUNT, region: 'eu-west-1' },
        inventory: { bucket: INVENTORY, account: ACCOUNT, region: 'us-east-1' },
      },
    });
  });

  it('by the roles of its sides, which the inventory has no part in', async () => {
    const role = (name: string) => ({ roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`, externalId: `${name}-7` });
    const source = { ...bounds.source, ...role('reader') };
    const destination = { ...bounds.destination, ...role('writer') };
    await prepareBound('bound-roles', {}, { ...bounds, source, destination });
    expect((await readRun(storage().ports, 'bound-roles')).buckets).toEqual({
      source: { bucket: SOURCE, ...role('reader') },
      destination: { bucket: DESTINATION, ...role('writer') },
      inventory: { bucket: INVENTORY },
    });
  });

  it('as a part, where it is filtered', async () => {
    await prepareBound('bound-part', { exclude: ['*.tmp'] }, bounds);
    expect((await readRun(storage().ports, 'bound-part')).scope).toBe('part');
  });

  it('with the owner and Region of each of its places, also where two of them are in one bucket', async () => {
    const inventory = { bucket: SOURCE, prefix: 'inventory', configId: 'all', account: ACCOUNT };
    storage().s3.deliverInventory({ bucket: SOURCE, destinationBucket: SOURCE, prefix: 'inventory', configId: 'all' });
    await prepareBound('bound-one-bucket', {}, { ...bounds, inventory });
    expect((await readRun(storage().ports, 'bound-one-bucket')).buckets).toEqual({
      source: { bucket: SOURCE },
      destination: { bucket: DESTINATION },
      inventory: { bucket: SOURCE, account: ACCOUNT },
    });
  });

  it('from a manifest of ours in the work bucket, of which the pair knows nothing', async () => {
    const { s3 } = storage();
    s3.putObject(SOURCE, 'a', Buffer.from('a'));
    const { manifestKey } = s3.deliverInventory({
      bucket: SOURCE,
      destinationBucket: WORK,
      prefix: 'manifests',
      configId: 'self-test',
    });
    await prepareBound('bound-own', { manifest: `s3://${WORK}/${manifestKey}` }, owned(ACCOUNT));
    expect(await readRun(storage().ports, 'bound-own')).toMatchObject({
      scope: 'part',
      buckets: { inventory: { bucket: WORK } },
      manifest: { bucket: WORK, key: manifestKey },
    });
    expect((await readRun(storage().ports, 'bound-own')).buckets.inventory).toEqual({ bucket: WORK });
  });

  it('not, where a request asks for more than the pair: no lock is taken and nothing is written', async () => {
    const input = { destination: { bucket: WORK } };
    await expect(prepareBound('outside', input, bounds, 'other-pair')).rejects.toMatchObject({ name: 'OutsidePair' });
    expect([...storage().s3.listObjects(WORK, 'runs/outside/')]).toEqual([]);
    expect(storage().s3.getObject(WORK, 'locks/other-pair.json')).toBeUndefined();
  });

  it.each<[string, Partial<PairBounds>, string]>([
    ['the source', { source: { bucket: SOURCE, account: OTHER } }, 'SourceUnreadable'],
    ['the destination', { destination: { bucket: DESTINATION, account: OTHER } }, 'DestinationUnwritable'],
    ['the inventory', { inventory: { ...bounds.inventory, account: OTHER } }, 'ManifestNotFound'],
  ])('not, where %s is another account’s bucket than the pair says', async (_, theirs, name) => {
    const preparing = prepareBound('theirs', {}, { ...bounds, ...theirs });
    await expect(preparing).rejects.toMatchObject({ name });
    await expect(preparing).rejects.toThrow('S3 answered AccessDenied');
    expect([...storage().s3.listObjects(WORK, 'runs/theirs/')]).toEqual([]);
    expect([...storage().s3.listObjects(DESTINATION)]).toEqual([]);
  });

  function prepareBound(runId: string, input: object, within: PairBounds, name = 'photos') {
    deliver();
    return prepareRun(storage().ports, {
      runId,
      executionArn: arnOf(runId),
      startTime: '2026-01-31T00:00:00.000Z',
      input,
      pair: { name, bounds: within },
    });
  }
});

function prepare(
  runId: string,
  request: Partial<RunRequestInput> = {},
  other: Partial<ReturnType<typeof storage>['ports']> = {},
) {
  const { ports } = storage();
  const { manifestKey } = deliver();
  const input = {
    source: { bucket: SOURCE },
    destination: { bucket: DESTINATION },
    manifest: `s3://${INVENTORY}/${manifestKey}`,
    ...request,
  };
  return prepareRun(
    { ...ports, ...other },
    { runId, executionArn: arnOf(runId), startTime: '2026-01-31T00:00:00.000Z', input, pair: { name: 'demo' } },
  );
}

function deliver() {
  const { s3 } = storage();
  for (const key of ['a', 'b', 'c']) s3.putObject(SOURCE, key, Buffer.from(key));
  return s3.deliverInventory({ bucket: SOURCE, destinationBucket: INVENTORY, configId: 'all', files: 2 });
}

function arnOf(runId: string) {
  return `arn:aws:states:eu-central-1:000000000000:execution:s3-backfill-demo:${runId}`;
}
