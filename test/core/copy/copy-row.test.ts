import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../../contracts/attempt.js';
import type { Row } from '../../../contracts/row.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { copyRow, type CopyTools, type Unfinished } from '../../../core/copy/copy-row.js';
import { Pace } from '../../../core/copy/pace.js';
import { UNBOUNDED } from '../../../core/fences/budget.js';
import { UploadRecords } from '../../../core/copy/upload-records.js';
import { StorageError } from '../../../core/errors.js';
import type { BucketPair, ObjectState } from '../../../core/ports.js';
import type { Effect } from '../../../local/s3/faults.js';
import { putSource, rowOf, runOf } from '../support/rows.js';
import { DESTINATION, SOURCE, pairOf, useStorage } from '../support/storage.js';

const storage = useStorage();
/** Before whatever a test puts now. */
const LONG_AGO = Date.UTC(2020, 0, 1);

describe('What was asked for in place of a listing', () => {
  it.each([
    ['a listing leaves open how to read an ETag', 1],
    ['a HEAD does not, and is not asked for again', 0],
  ])('%s', async (_, asked) => {
    const row = putSource(storage(), `sight/${asked}`, 'hello');
    const state = putDestination(row.key, 'other', LONG_AGO);
    const listed = asked === 0 ? await pairOf(storage()).headDestination(row.key) : state;
    const { requests } = storage().s3;
    const before = requests.count({ operation: 'HeadObject', bucket: DESTINATION });
    expect(await copy(row, { listed })).toMatchObject({ kind: 'sent' });
    expect(requests.count({ operation: 'HeadObject', bucket: DESTINATION }) - before).toBe(asked);
  });
});

describe('An object that the destination lacks', () => {
  it('is copied, and what S3 answered is on file', async () => {
    const row = putSource(storage(), 'plain/a', 'hello');
    expect(await copy(row)).toEqual({ kind: 'sent', row: 7, etag: row.etag, size: 5 });
    expect(destination('plain/a')).toBe('hello');
  });

  it('is copied whatever its key holds', async () => {
    const keys = [
      'a b',
      'a+b',
      '100%',
      '?versionId=x',
      'a/../b',
      '//',
      '/lead',
      'folder/',
      'line\nbreak',
      '"\'<&>',
      '😀',
      '\u2028',
      '-rf',
      '=1+1',
    ];
    for (const key of [...keys, 'k'.repeat(1024)]) {
      const row = putSource(storage(), key, key.slice(0, 20));
      expect(await copy(row)).toMatchObject({ kind: 'sent' });
      expect(destination(key)).toBe(key.slice(0, 20));
    }
  });

  it('is copied empty where it is empty', async () => {
    const row = putSource(storage(), 'plain/empty', '');
    expect(await copy(row)).toMatchObject({ kind: 'sent', size: 0 });
    expect(destination('plain/empty')).toBe('');
  });

  it('is gone where the source has lost it since the inventory', async () => {
    const row = putSource(storage(), 'gone/a');
    storage().s3.deleteObject(SOURCE, 'gone/a');
    expect(await copy(row)).toEqual({ kind: 'gone', row: 7 });
    expect(destination('gone/a')).toBeUndefined();
  });

  it('is gone where the source loses it while it is being copied', async () => {
    const row = putSource(storage(), 'gone/b', 'old');
    putSource(storage(), 'gone/b', 'new');
    plant({ call: () => storage().s3.deleteObject(SOURCE, 'gone/b') }, 'HeadObject', 1);
    expect(await copy(row)).toEqual({ kind: 'gone', row: 7 });
  });

  it('is copied as it is now, as drift, where it was replaced since the inventory', async () => {
    const row = putSource(storage(), 'drift/a', 'as the inventory saw it');
    const now = putSource(storage(), 'drift/a', 'as it is now');
    expect(await copy(row)).toEqual({
      kind: 'sent',
      row: 7,
      etag: now.etag,
      size: now.size,
      source: now.etag,
      drift: true,
    });
    expect(destination('drift/a')).toBe('as it is now');
  });

  it('is copied as it is now also where the inventory knows its old version', async () => {
    const row = { ...putSource(storage(), 'drift/versioned', 'old'), versionId: '3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY' };
    putSource(storage(), 'drift/versioned', 'new');
    expect(await copy(row)).toMatchObject({ kind: 'sent', drift: true });
    expect(destination('drift/versioned')).toBe('new');
  });

  it('is identical, as drift, where live replication brought the replacement meanwhile', async () => {
    const row = putSource(storage(), 'drift/b', 'old');
    putSource(storage(), 'drift/b', 'new');
    putDestination('drift/b', 'new');
    expect(await copy(row)).toMatchObject({ kind: 'identical', evidence: 'etag', drift: true });
  });
});

describe('A destination that changes between listing and copying', () => {
  it('is not overwritten where something newer appeared: that is a failure, and nothing is harmed', async () => {
    const row = putSource(storage(), 'appeared/a', 'right', { lastModified: LONG_AGO });
    putDestination('appeared/a', 'newer');
    expect(await copy(row)).toMatchObject({ kind: 'failed', cause: 'DestinationNewer' });
    expect(destination('appeared/a')).toBe('newer');
  });

  it('is replaced as it was seen where something older appeared', async () => {
    const row = putSource(storage(), 'appeared/older', 'right');
    putDestination('appeared/older', 'wrong', LONG_AGO);
    expect(await copy(row)).toMatchObject({ kind: 'sent', etag: row.etag });
    expect(destination('appeared/older')).toBe('right');
  });

  it('is replaced whatever its age where the request says so', async () => {
    const row = putSource(storage(), 'appeared/always', 'right', { lastModified: LONG_AGO });
    const listed = putDestination('appeared/always', 'newer');
    expect(await copy(row, { listed, request: { overwrite: 'always' } })).toMatchObject({ kind: 'sent' });
    expect(destination('appeared/always')).toBe('right');
  });

  it('is not newer where the source was replaced since: drift is ruled out first', async () => {
    const row = putSource(storage(), 'appeared/drift', 'old', { lastModified: LONG_AGO });
    const listed = putDestination('appeared/drift', 'brought by live replication', LONG_AGO + 1000);
    const now = putSource(storage(), 'appeared/drift', 'newest');
    expect(await copy(row, { listed })).toEqual({
      kind: 'sent',
      row: 7,
      etag: now.etag,
      size: 6,
      source: now.etag,
      drift: true,
    });
  });

  it('is left alone where what appeared is the object itself', async () => {
    const row = putSource(storage(), 'appeared/b', 'right');
    putDestination('appeared/b', 'right');
    const copies = copiesAsked();
    expect(await copy(row)).toEqual({ kind: 'identical', row: 7, etag: row.etag, evidence: 'etag' });
    expect(copiesAsked() - copies).toBe(1);
  });

  it('is looked at again where the object that was listed is another one now', async () => {
    const row = putSource(storage(), 'changed/a', 'right');
    const listed = putDestination('changed/a', 'as listed', LONG_AGO);
    putDestination('changed/a', 'as it is now', LONG_AGO);
    expect(await copy(row, { listed })).toMatchObject({ kind: 'sent', etag: row.etag });
    expect(destination('changed/a')).toBe('right');
  });

  it('gets the object where the one that was listed was deleted: that is no sign that the source is gone', async () => {
    const row = putSource(storage(), 'changed/deleted', 'right');
    const listed = putDestination('changed/deleted', 'as listed', LONG_AGO);
    storage().s3.deleteObject(DESTINATION, 'changed/deleted');
    expect(await copy(row, { listed })).toEqual({ kind: 'sent', row: 7, etag: row.etag, size: 5 });
    expect(destination('changed/deleted')).toBe('right');
  });

  it('is given up on for this pass when it changes every time', async () => {
    const row = putSource(storage(), 'changed/always', 'right');
    let version = 0;
    plant({ call: () => void putDestination('changed/always', `writer ${(version += 1)}`, LONG_AGO) }, 'CopyObject');
    expect(await copy(row)).toMatchObject({ kind: 'failed', cause: 'KeepsChanging', status: 412 });
    expect(version).toBe(5);
    expect(destination('changed/always')).toBe('writer 5');
  });
});

describe('An error inside a 200', () => {
  it('that says a pin did not hold is looked into, and the object sent again', async () => {
    const row = putSource(storage(), 'inside/pin', 'hello');
    const fault = plant({ errorIn200: 'PreconditionFailed' }, 'CopyObject', 1);
    expect(await copy(row)).toMatchObject({ kind: 'sent', etag: row.etag });
    expect(fault.hits).toBe(1);
  });

  it('that stands is not tried again', async () => {
    const row = putSource(storage(), 'inside/denied', 'hello');
    const fault = plant({ errorIn200: 'AccessDenied' }, 'CopyObject', 9);
    expect(await copy(row)).toMatchObject({ kind: 'failed', cause: 'AccessDenied' });
    expect(fault.hits).toBe(1);
    fault.remove();
  });
});

describe('An answer of S3 that passes is waited for', () => {
  it.each<[string, Effect]>([
    ['SlowDown', { error: 'SlowDown' }],
    ['InternalError', { error: 'InternalError' }],
    ['ServiceUnavailable', { error: 'ServiceUnavailable' }],
    ['an error inside a 200', { errorIn200: 'InternalError' }],
    ['SlowDown inside a 200', { errorIn200: 'SlowDown' }],
    ['a connection that breaks before the copy', { drop: 'before' }],
  ])('%s', async (name, effect) => {
    const row = putSource(storage(), `passing/${name}`, 'hello');
    const fault = plant(effect, 'CopyObject', 3);
    expect(await copy(row)).toEqual({ kind: 'sent', row: 7, etag: row.etag, size: 5 });
    expect(fault.hits).toBe(3);
    expect(destination(`passing/${name}`)).toBe('hello');
  });

  it('a conflict with another writer is looked at again', async () => {
    const row = putSource(storage(), 'passing/conflict', 'hello');
    plant({ error: 'ConditionalRequestConflict' }, 'CopyObject', 1);
    expect(await copy(row)).toMatchObject({ kind: 'sent', etag: row.etag });
  });

  it('a copy whose answer was lost is found to have arrived, and is not made twice', async () => {
    const row = putSource(storage(), 'passing/lost answer', 'hello');
    plant({ drop: 'after' }, 'CopyObject', 1);
    const copies = copiesAsked();
    expect(await copy(row)).toEqual({ kind: 'identical', row: 7, etag: row.etag, evidence: 'etag' });
    // The second is refused by its condition.
    expect(copiesAsked() - copies).toBe(2);
  });

  it('a lost answer for an object whose ETag changes on the way is found by its checksum', async () => {
    const row = putSource(storage(), 'passing/multipart', 'hello, parts', { multipartParts: 2 });
    plant({ drop: 'after' }, 'CopyObject', 1);
    expect(row.etag).toMatch(/-2$/);
    expect(await copy(row)).toEqual({
      kind: 'identical',
      row: 7,
      evidence: 'checksum',
      etag: storage().s3.getObject(DESTINATION, 'passing/multipart')?.etag,
    });
  });

  it.each(['SlowDown', 'ServiceUnavailable'] as const)(
    '%s for as long as the call has time, and then it is no failure: the next call goes on',
    async (error) => {
      const row = putSource(storage(), `passing/never ${error}`);
      const fault = plant({ error }, 'CopyObject');
      expect(await copy(row)).toEqual({ kind: 'unfinished', row: 7 });
      expect(fault.hits).toBeGreaterThan(20);
    },
  );

  it('a 500 until patience is spent: then it is a failure with S3’s own words', async () => {
    const row = putSource(storage(), 'passing/never');
    const fault = plant({ error: 'InternalError' }, 'CopyObject');
    expect(await copy(row)).toMatchObject({ kind: 'failed', cause: 'InternalError', status: 500 });
    expect(fault.hits).toBe(5);
  });

  it('no answer at all is a failure without a status', async () => {
    const row = putSource(storage(), 'passing/silence');
    plant({ drop: 'before' }, 'CopyObject');
    const attempt = await copy(row);
    expect(attempt).toMatchObject({ kind: 'failed', cause: 'NoAnswer' });
    expect(attempt).not.toHaveProperty('status');
  });
});

describe('An answer of S3 that stands', () => {
  it('is a failure under S3’s own code, after one try', async () => {
    const row = putSource(storage(), 'denied/a');
    const fault = plant({ error: 'AccessDenied' }, 'CopyObject');
    expect(await copy(row)).toEqual({
      kind: 'failed',
      row: 7,
      cause: 'AccessDenied',
      message: 'Access Denied',
      status: 403,
    });
    expect(fault.hits).toBe(1);
  });

  it('is a failure also where it comes to the look at a source that changed', async () => {
    const row = putSource(storage(), 'denied/head', 'old');
    putSource(storage(), 'denied/head', 'new');
    plant({ error: 'AccessDenied' }, 'HeadObject');
    expect(await copy(row)).toMatchObject({ kind: 'failed', cause: 'AccessDenied', status: 403 });
  });

  it('is a failure where the destination’s prefix makes the key longer than S3 takes', async () => {
    const row = putSource(storage(), 'x'.repeat(1020));
    expect(await copy(row, { destinationKey: `copies/${row.key}` })).toMatchObject({
      kind: 'failed',
      cause: 'KeyTooLongError',
    });
  });

  it.each(['GLACIER', 'DEEP_ARCHIVE'] as const)(
    'an object in %s is archived, which S3 says and not the inventory: it may have been restored',
    async (storageClass) => {
      const row = putSource(storage(), `archived/${storageClass}`, 'cold', { storageClass });
      expect(await copy(row)).toEqual({ kind: 'archived', row: 7 });
    },
  );

  it('an object that a lifecycle rule archived after the inventory is archived', async () => {
    const row = putSource(storage(), 'archived/since', 'cold', { storageClass: 'GLACIER' });
    expect(await copy({ ...row, storageClass: 'STANDARD' })).toEqual({ kind: 'archived', row: 7 });
  });

  it('an object that Intelligent-Tiering archived is archived, under the code that CopyObject has for it', async () => {
    const refusal = new StorageError('ObjectNotInActiveTierError', 'The source object is not in the active tier', {
      kind: 'refused',
      status: 403,
    });
    const row = rowOf('archived/tiered', { storageClass: 'INTELLIGENT_TIERING' });
    expect(await copy(row, { copy: () => Promise.reject(refusal) })).toEqual({ kind: 'archived', row: 7 });
  });
});

interface Circumstances extends Partial<Pick<BucketPair, 'copy' | 'headSource'>> {
  /** What the listing showed. */
  listed?: ObjectState | undefined;
  destinationKey?: string;
  request?: Partial<RunRequestInput>;
}

async function copy(
  row: Row,
  { listed, destinationKey = row.key, request, ...answers }: Circumstances = {},
): Promise<Attempt | Unfinished> {
  const { ports } = storage();
  const tools: CopyTools = {
    pair: Object.assign(pairOf(storage()), answers),
    pace: new Pace(ports),
    run: runOf('copy-row', request),
    proofOf: () => Promise.resolve('none'),
    uploads: new UploadRecords(ports.work, 'runs/copy-row/uploads/', runOf('copy-row')),
    budget: UNBOUNDED,
    isLate: () => false,
    now: () => ports.clock.now(),
  };
  return copyRow(tools, { row, index: 7, destinationKey, listed });
}

function plant(effect: Effect, operation: 'CopyObject' | 'HeadObject', times?: number) {
  return storage().s3.faults.add({ operation, effect, ...(times === undefined ? {} : { times }) });
}

function putDestination(key: string, body: string, lastModified?: number): ObjectState {
  const { s3, ports } = storage();
  const { etag } = s3.putObject(
    DESTINATION,
    key,
    Buffer.from(body),
    lastModified === undefined ? {} : { lastModified },
  );
  return { key, size: body.length, etag, lastModified: lastModified ?? ports.clock.now() };
}

function destination(key: string): string | undefined {
  return storage().s3.getObject(DESTINATION, key)?.body.toString();
}

function copiesAsked(): number {
  return storage().s3.requests.count({ operation: 'CopyObject' });
}
