import { describe, expect, it } from '@jest/globals';
import { inventoryFile } from '../../../contracts/manifest.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { prepareRun } from '../../../core/prepare/prepare-run.js';
import { readRun } from '../../../core/run-files.js';
import { DESTINATION, INVENTORY, SOURCE, WORK, linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();

describe('A run is prepared', () => {
  it('with its request, its manifest and its files on file', async () => {
    expect(await prepare('prepared', { maxConcurrency: 7 })).toEqual({
      run: { id: 'prepared', prefix: 'runs/prepared/', dryRun: false, maxConcurrency: 7 },
      files: 2,
    });
    expect(await readRun(storage().ports, 'prepared')).toMatchObject({
      id: 'prepared',
      pair: 'demo',
      executionArn: arnOf('prepared'),
      request: { maxConcurrency: 7, maxPasses: 5, source: { bucket: SOURCE } },
      etagsComparable: true,
    });
    const files = await linesOf(storage(), 'runs/prepared/files.jsonl');
    expect(files.map((line) => inventoryFile.parse(line).file)).toEqual([0, 1]);
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

  it.each([
    ['the manifest is not there', { manifest: `s3://${INVENTORY}/no/manifest.json` }, 'ManifestNotFound'],
    ['the source is not there', { source: { bucket: 'no-such-bucket' } }, 'ManifestCorrupt'],
    ['the destination is not there', { destination: { bucket: 'no-such-bucket' } }, 'DestinationUnwritable'],
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
      Object.assign(ports.pair(source, destination), { etagsComparable: () => Promise.resolve(false) });
    await prepare('kms', {}, { pair });
    expect((await readRun(ports, 'kms')).etagsComparable).toBe(false);
  });
});

function prepare(
  runId: string,
  request: Partial<RunRequestInput> = {},
  other: Partial<ReturnType<typeof storage>['ports']> = {},
) {
  const { s3, ports } = storage();
  for (const key of ['a', 'b', 'c']) s3.putObject(SOURCE, key, Buffer.from(key));
  const { manifestKey } = s3.deliverInventory({
    bucket: SOURCE,
    destinationBucket: INVENTORY,
    configId: 'all',
    files: 2,
  });
  const input = {
    source: { bucket: SOURCE },
    destination: { bucket: DESTINATION },
    manifest: `s3://${INVENTORY}/${manifestKey}`,
    ...request,
  };
  return prepareRun(
    { ...ports, ...other },
    { runId, executionArn: arnOf(runId), startTime: '2026-01-31T00:00:00.000Z', input },
    'demo',
  );
}

function arnOf(runId: string) {
  return `arn:aws:states:eu-central-1:000000000000:execution:s3-backfill-demo:${runId}`;
}
