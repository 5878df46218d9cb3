import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LiveSettings, QueueBatch, SyncRecord } from '../../../contracts/live.js';
import { liveRunId } from '../../../contracts/live-run.js';
import type { ObjectHead } from '../../../core/ports.js';
import { announcer } from '../../../core/sync/announce.js';
import { recordDeadLetter } from '../../../core/sync/record-dead-letter.js';
import { DESTINATION, SOURCE, useStorage } from '../support/storage.js';

const storage = useStorage();
const SETTINGS: LiveSettings = {
  bounds: {
    source: { bucket: SOURCE },
    destination: { bucket: DESTINATION },
    inventory: { bucket: 'inventories', prefix: '', configId: 'all' },
    maxConcurrency: 2,
  },
  direction: 'one-way',
  propagateDeletes: true,
  table: 'live',
  queueUrl: 'https://sqs.example/queue',
  workers: 2,
};
const HOUR_MS = 3_600_000;
let key = '';
let keys = 0;
beforeEach(() => {
  key = `key ${(keys += 1)}`;
});

const pk = () => createHash('sha256').update(key).digest('hex');
const now = () => storage().ports.clock.now();

/** The queue gives up what S3 told of the key. */
function giveUp(type: 'Object Created' | 'Object Deleted', at = now()): Promise<unknown> {
  const body = {
    source: 'aws.s3',
    'detail-type': type,
    time: new Date(at).toISOString(),
    detail: { bucket: { name: SOURCE }, object: { key } },
  };
  const batch: QueueBatch = {
    Records: [
      {
        messageId: 'message',
        receiptHandle: 'receipt',
        body: JSON.stringify(body),
        attributes: { ApproximateReceiveCount: 5 },
      },
    ],
  };
  return recordDeadLetter(storage().ports, SETTINGS, batch);
}

/** How the last look at the key ended. */
async function fail(failure: Partial<NonNullable<SyncRecord['failure']>>): Promise<void> {
  const { syncRecords } = storage().ports;
  const { revision = 0, failure: before } = (await syncRecords.find(pk())) ?? {};
  const run = before?.run === undefined ? {} : { run: before.run };
  const record = { cause: 'AccessDenied', message: 'Access Denied', ...run, ...failure };
  const expiresAt = Math.floor(now() / 1000) + 86_400;
  expect(await syncRecords.putIf({ pk: pk(), revision: revision + 1, failure: record, expiresAt })).toBe(true);
}

async function recorded(): Promise<object[]> {
  const all = await storage().failures(liveRunId(now(), 'source'));
  return all.filter((each) => each.key === key);
}

describe('A dead letter', () => {
  it('whose key a run has announced a copy of since is no settled one', async () => {
    const { syncRecords, clock } = storage().ports;
    const copies = { records: syncRecords, to: 'destination', bucket: DESTINATION, direction: 'one-way' } as const;
    await announcer(
      copies,
      clock,
      () => 1_000,
    )({ bucket: DESTINATION, sourceKey: key, destinationKey: key, of: headOf(), over: undefined, givesWay: true });
    await giveUp('Object Created', now() - HOUR_MS);
    expect(await recorded()).toMatchObject([{ cause: 'FunctionEnded', status: 'open' }]);
  });

  it('of a deletion after one of a copy, and the other way round, says which it is', async () => {
    await fail({ size: 3 });
    await giveUp('Object Created');
    expect(await recorded()).toEqual([expect.not.objectContaining({ isDeletion: true })]);
    await fail({ deleted: { from: 'source', at: now() } });
    await giveUp('Object Deleted');
    expect(await recorded()).toMatchObject([{ isDeletion: true }]);
    await fail({ size: 3 });
    await giveUp('Object Created');
    expect(await recorded()).toEqual([expect.not.objectContaining({ isDeletion: true })]);
  });
});

function headOf(): ObjectHead {
  return {
    key,
    size: 3,
    etag: 'abc',
    lastModified: now() - HOUR_MS,
    storageClass: 'STANDARD',
    etagKind: 'digest',
    checksums: [],
    archive: 'none',
    content: { metadata: {} },
    tagCount: 0,
    lock: {},
  };
}
