import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { probeSides } from '../../../core/prepare/probe.js';
import type { Fault } from '../../../local/s3/faults.js';
import { requestOf } from '../support/rows.js';
import { DESTINATION, SOURCE, at, useStorage } from '../support/storage.js';

const storage = useStorage();

describe('Both sides are tried before the run begins', () => {
  it('and nothing is left at the destination', async () => {
    storage().s3.putObject(SOURCE, 'a', Buffer.from('a'));
    await probe();
    expect([...storage().s3.listObjects(DESTINATION)]).toEqual([]);
    const { Uploads } = await storage().client.send(new ListMultipartUploadsCommand({ Bucket: DESTINATION }));
    expect(Uploads).toBeUndefined();
  });

  it('also where the source is empty', async () => {
    await probe({ source: { bucket: SOURCE, prefix: 'nothing/here/' } });
  });

  it('and the destination is not tried to be written in a dry run', async () => {
    const written = fault({ operation: 'CreateMultipartUpload', effect: { error: 'AccessDenied' } });
    await probe({ dryRun: true });
    expect(written.hits).toBe(0);
  });

  it('and single objects that are closed are no reason to stop', async () => {
    for (const key of ['closed/1', 'closed/2', 'closed/3']) storage().s3.putObject(SOURCE, key, Buffer.from('a'));
    fault({ operation: 'GetObject', key: 'closed/1', effect: { error: 'AccessDenied' } });
    await probe({ source: { bucket: SOURCE, prefix: 'closed/' } });
  });
});

describe('A run does not begin where', () => {
  it.each<[string, Fault]>([
    ['the source may not be listed', { operation: 'ListObjectsV2', bucket: SOURCE, effect: { error: 'AccessDenied' } }],
    [
      'no object of the source may be read',
      { operation: 'GetObject', bucket: SOURCE, effect: { error: 'AccessDenied' } },
    ],
  ])('%s: SourceUnreadable', async (_, denied) => {
    storage().s3.putObject(SOURCE, 'a', Buffer.from('a'));
    fault(denied);
    await expect(probe()).rejects.toMatchObject({ name: 'SourceUnreadable' });
    await expect(probe()).rejects.toThrow(/s3:\/\/photos cannot be read: S3 answered AccessDenied/);
  });

  it('the source is not there: SourceUnreadable', async () => {
    await expect(probe({ source: { bucket: 'no-such-bucket' } })).rejects.toMatchObject({ name: 'SourceUnreadable' });
    await expect(probe({ source: { bucket: 'no-such-bucket' } })).rejects.toThrow(/S3 answered NoSuchBucket/);
  });

  it.each<[string, Fault]>([
    [
      'the destination may not be listed',
      { operation: 'ListObjectsV2', bucket: DESTINATION, effect: { error: 'AccessDenied' } },
    ],
    ['the destination may not be written', { operation: 'CreateMultipartUpload', effect: { error: 'AccessDenied' } }],
    ['uploads may not be taken back', { operation: 'AbortMultipartUpload', effect: { error: 'AccessDenied' } }],
  ])('%s: DestinationUnwritable', async (_, denied) => {
    fault(denied);
    await expect(probe()).rejects.toMatchObject({ name: 'DestinationUnwritable' });
    await expect(probe()).rejects.toThrow(/s3:\/\/photos-copy cannot be written: S3 answered AccessDenied/);
  });

  it('the destination is not there: DestinationUnwritable', async () => {
    const probing = probe({ destination: { bucket: 'no-such-bucket' } });
    await expect(probing).rejects.toMatchObject({ name: 'DestinationUnwritable' });
  });

  it.each(['SlowDown', 'InternalError'] as const)(
    'but S3 that does not answer for now is tried again: %s',
    async (error) => {
      fault({ operation: 'ListObjectsV2', effect: { error } });
      await expect(probe()).rejects.toMatchObject({ name: error });
    },
  );
});

function fault(planted: Fault) {
  return storage().s3.faults.add(planted);
}

function probe(request: Parameters<typeof requestOf>[0] = {}) {
  const { ports } = storage();
  const full = requestOf(request);
  return probeSides(ports.pair(at(full.source.bucket), at(full.destination.bucket)), full);
}
