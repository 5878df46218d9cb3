import { describe, expect, it } from '@jest/globals';
import { liveSettings } from '../../../contracts/live.js';
import { decide, type Asked, type Rules } from '../../../core/sync/decide.js';
import { readMessage } from '../../../core/sync/read-message.js';
import type { ObjectHead } from '../../../core/ports.js';
import { boundsOf } from '../support/bounds.js';
import { SOURCE } from '../support/storage.js';

const BOTH: Rules = { direction: 'both', propagateDeletes: true, overwrite: 'older' };
const ONE_WAY: Rules = { ...BOTH, direction: 'one-way' };

const object = (etag: string, lastModified: number): ObjectHead => ({
  key: 'k',
  size: 1,
  etag,
  lastModified,
  storageClass: 'STANDARD',
  etagKind: 'digest',
  checksums: [],
  archive: 'none',
  content: { metadata: {} },
  tagCount: 0,
  lock: {},
});
const ask = (more: Partial<Asked>): Asked => ({ from: 'source', ...more });

describe('Of a key that is not on file', () => {
  it('an upload that was begun before the other side was written, and ended after it, is the newer one', () => {
    // LastModified is when the upload was begun; the event came when it was completed.
    const sight = { source: object('v2', 900), destination: object('v1', 1000) };
    expect(decide(sight, undefined, ask({ createdAt: 1100 }), BOTH)).toEqual({ kind: 'copy', to: 'destination' });
    expect(decide(sight, undefined, ask({ createdAt: 1100 }), ONE_WAY)).toEqual({ kind: 'copy', to: 'destination' });
    expect(decide(sight, undefined, ask({}), BOTH)).toEqual({ kind: 'copy', to: 'source' });
  });

  it('what was written after a deletion of the other side is brought there, and not deleted', () => {
    const sight = { source: undefined, destination: object('own', 200) };
    expect(decide(sight, undefined, ask({ deletedAt: 100 }), BOTH)).toEqual({ kind: 'copy', to: 'source' });
    expect(decide(sight, undefined, ask({ deletedAt: 300 }), BOTH)).toEqual({ kind: 'delete', to: 'destination' });
  });
});

describe('An event of S3', () => {
  const settings = liveSettings.parse({
    bounds: boundsOf(),
    direction: 'one-way',
    propagateDeletes: true,
    table: 'live',
    queueUrl: 'https://sqs.example/queue',
    workers: 1,
  });
  const read = (type: string, more: object) => {
    const detail = { bucket: { name: SOURCE }, ...more };
    const event = { source: 'aws.s3', 'detail-type': type, time: '2026-11-26T12:00:00Z', detail };
    return readMessage(settings, { body: JSON.stringify(event) });
  };
  const at = Date.parse('2026-11-26T12:00:00Z');

  it('of one version that is gone for good tells nothing of when the object was deleted', () => {
    const object = { key: 'k', 'version-id': 'v1' };
    expect(read('Object Deleted', { object, 'deletion-type': 'Permanently Deleted' })).toMatchObject({
      asked: { from: 'source' },
    });
    expect(read('Object Deleted', { object, 'deletion-type': 'Permanently Deleted' })).not.toHaveProperty(
      'asked.deletedAt',
    );
    expect(read('Object Deleted', { object, 'deletion-type': 'Delete Marker Created' })).toHaveProperty(
      'asked.deletedAt',
      at,
    );
    expect(read('Object Deleted', { object: { key: 'k' }, 'deletion-type': 'Permanently Deleted' })).toHaveProperty(
      'asked.deletedAt',
      at,
    );
  });
});
