import { buffer } from 'node:stream/consumers';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { S3FileStore } from '../../adapters/s3/file-store.js';
import { StorageError } from '../../core/errors.js';
import { WORK, useStorage } from '../core/support/storage.js';
import { fileStoreContract } from './file-store.contract.js';
import { useAnswers } from './scripted-s3.js';

const storage = useStorage();
const scripted = useAnswers();

fileStoreContract(
  'S3',
  () => storage().ports.work,
  (keys) => {
    for (const key of keys) storage().s3.putObject(WORK, key, Buffer.from('x'));
  },
);

describe('Files in S3', () => {
  it('leave no multipart upload behind, closed or given up', async () => {
    for (const end of ['close', 'abort'] as const) {
      const writer = storage().ports.work.writer(`uploads/${end}`);
      for (let part = 0; part < 2; part++) await writer.write(Buffer.alloc(5 * 1024 * 1024));
      await writer[end]();
    }
    const { Uploads } = await storage().client.send(new ListMultipartUploadsCommand({ Bucket: WORK }));
    expect(Uploads).toBeUndefined();
  });

  it.each<[string, (files: S3FileStore) => Promise<unknown>]>([
    ['read', (files) => files.read('k')],
    ['a range', (files) => files.readRange('k', 0, 1)],
    ['a stream', (files) => files.stream('k')],
    ['write', (files) => files.write('k', 'x')],
    ['a conditional write', (files) => files.writeIf('k', 'x', undefined)],
    ['a list', (files) => files.list('k').next()],
    ['folders', (files) => files.folders('k/').next()],
  ])('tell what S3 refuses, by S3’s own name: %s', async (_, call) => {
    const failing = call(new S3FileStore(storage().client, 'no-such-bucket'));
    await expect(failing).rejects.toBeInstanceOf(StorageError);
    await expect(failing).rejects.toMatchObject({ name: 'NoSuchBucket', kind: 'refused', status: 404 });
  });

  it('tell what S3 refuses a writer', async () => {
    const writer = new S3FileStore(storage().client, 'no-such-bucket').writer('k');
    const writing = (async () => {
      for (let part = 0; part < 10; part++) await writer.write(Buffer.alloc(4 * 1024 * 1024));
      await writer.close();
    })();
    await expect(writing).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await writer.abort();
  });

  it('tell of a connection that breaks in the middle of a file, so that the state is tried again', async () => {
    scripted().answer((response) => {
      response.writeHead(200, { 'content-length': 1_000_000, etag: '"e"' });
      response.write(Buffer.alloc(500_000), () => response.socket?.destroy());
    });
    const files = new S3FileStore(scripted().client, 'bucket');
    await expect(files.read('k')).rejects.toMatchObject({ name: 'NoAnswer', kind: 'transient' });
    const file = await files.stream('k');
    await expect(buffer(file?.body ?? never())).rejects.toMatchObject({ name: 'NoAnswer', kind: 'transient' });
  });

  it('tell of bytes that are not those of S3’s checksum', async () => {
    scripted().answer((response) => {
      const headers = { etag: '"e"', 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'FULL_OBJECT' };
      response.writeHead(200, headers).end('not that');
    });
    const file = await new S3FileStore(scripted().client, 'bucket').stream('k');
    await expect(buffer(file?.body ?? never())).rejects.toMatchObject({ name: 'NoAnswer', kind: 'transient' });
  });

  it('let go of a download that is left in the middle', async () => {
    const closed = new Promise<void>((resolve) => {
      scripted().answer((response) => {
        response.once('close', resolve);
        response.writeHead(200, { 'content-length': 50_000_000, etag: '"e"' });
        response.write(Buffer.alloc(5_000_000));
      });
    });
    const file = await new S3FileStore(scripted().client, 'bucket').stream('k');
    file?.body.destroy();
    await closed;
  });
});

function never(): never {
  throw new Error('there is no file');
}
