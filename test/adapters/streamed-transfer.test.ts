import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createS3Client } from '../../adapters/s3/client.js';
import type { Row } from '../../contracts/row.js';
import { copyRow, type CopyTools } from '../../core/copy/copy-row.js';
import { Pace } from '../../core/copy/pace.js';
import { UNBOUNDED } from '../../core/fences/budget.js';
import { UploadRecords } from '../../core/copy/upload-records.js';
import type { BucketPair, CopyRequest } from '../../core/ports.js';
import { putSource, runOf } from '../core/support/rows.js';
import { DESTINATION, SOURCE, at, streamedPair, useStorage } from '../core/support/storage.js';
import { bucketPairContract } from './bucket-pair.contract.js';

const storage = useStorage();
const MIB = 1024 ** 2;
const COPY: CopyRequest = { source: { key: 'a', etag: 'e' }, destination: { key: 'a', etag: undefined }, object: {} };
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

bucketPairContract('a stream', () => {
  const { s3, connection } = storage();
  const client = clientOf(connection.endpoint ?? '');
  return {
    pair: streamedPair({ source: client, destination: client }, at(SOURCE), at(DESTINATION)),
    putSource: (key, body) => s3.putObject(SOURCE, key, Buffer.from(body)).etag,
    putDestination: (key, body) => s3.putObject(DESTINATION, key, Buffer.from(body)).etag,
    readDestination: (key) => s3.getObject(DESTINATION, key)?.body.toString(),
  };
});

describe('A stream', () => {
  it('asks for the source as it was pinned, each time', async () => {
    const asked: unknown[] = [];
    const pair = await pairBetween((request, response) => {
      const { headers, url } = request;
      asked.push([url, headers['if-match'], headers.range, headers['x-amz-expected-bucket-owner']]);
      response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
    });
    const source = { key: 'a', versionId: 'v1', etag: 'e' };
    await expect(pair.copy({ ...COPY, source })).rejects.toMatchObject({ code: 'PreconditionFailed', kind: 'refused' });
    await expect(pair.copyPart(source, { key: 'a', id: 'u' }, 2, { start: 5, end: 9 })).rejects.toMatchObject({
      code: 'PreconditionFailed',
    });
    expect(asked).toEqual([
      [`/${SOURCE}/a?versionId=v1&x-id=GetObject`, '"e"', undefined, '111111111111'],
      [`/${SOURCE}/a?versionId=v1&x-id=GetObject`, '"e"', 'bytes=5-8', '111111111111'],
    ]);
  });

  it.each([
    ['of which half comes', (response: ServerResponse) => response.write('hel', () => response.destroy())],
    [
      'of which nothing comes',
      (response: ServerResponse) => {
        response.flushHeaders();
        response.destroy();
      },
    ],
  ])('%s writes nothing, and comes whole when it is asked for again', async (_, breaks) => {
    let gets = 0;
    const pair = await pairBetween((_request, response) => {
      response.writeHead(200, { 'content-length': 5, etag: '"e"' });
      if ((gets += 1) === 1) breaks(response);
      else response.end('hello');
    });
    await expect(pair.copy(COPY)).rejects.toMatchObject({ kind: 'transient', code: 'NoAnswer' });
    expect(storage().s3.getObject(DESTINATION, 'a')).toBeUndefined();
    await pair.copy(COPY);
    expect(storage().s3.getObject(DESTINATION, 'a')?.body.toString()).toBe('hello');
    storage().s3.deleteObject(DESTINATION, 'a');
  });

  it.each([
    ['whose length nobody tells', {}, undefined],
    ['of another length than it was seen to have', { 'content-length': 5 }, 6],
  ])('%s writes nothing', async (_, headers, size) => {
    const pair = await pairBetween((_request, response) => response.writeHead(200, headers).end('hello'));
    const whole = size === undefined ? undefined : { size, checksums: [] };
    await expect(pair.copy(COPY, whole)).rejects.toMatchObject({ kind: 'transient', code: 'NoAnswer' });
    expect(storage().s3.getObject(DESTINATION, 'a')).toBeUndefined();
  });

  it('of the whole object, where a part was asked for, writes nothing', async () => {
    const pair = await pairBetween((_request, response) =>
      response.writeHead(200, { 'content-length': 5 }).end('hello'),
    );
    const part = pair.copyPart(COPY.source, { key: 'a', id: 'u' }, 1, { start: 0, end: 2 });
    await expect(part).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('Expected 2 bytes'),
    });
  });

  it('that was damaged on the way is refused by S3, who is told what the source has, and passes', async () => {
    const pair = await pairBetween((_request, response) =>
      response.writeHead(200, { 'content-length': 5 }).end('hellO'),
    );
    const crc32 = { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'NhCmhg==' } as const;
    await expect(pair.copy(COPY, { size: 5, checksums: [crc32] })).rejects.toMatchObject({
      kind: 'transient',
      code: 'BadDigest',
    });
    expect(storage().s3.getObject(DESTINATION, 'a')).toBeUndefined();
  });

  it('closes its connections on both sides where S3 refuses the write before its end', async () => {
    const closed: Promise<unknown>[] = [];
    const pair = await pairBetween(
      (_request, response) => {
        closed.push(closing(response));
        // Of two MiB on, the SDK asks first whether a body is wanted.
        response.writeHead(200, { 'content-length': MIB });
        response.write(Buffer.alloc(MIB / 2));
      },
      (request, response) => {
        closed.push(closing(request.socket));
        response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      },
    );
    await expect(pair.copy(COPY)).rejects.toMatchObject({ code: 'AccessDenied', kind: 'refused' });
    expect(closed).toHaveLength(2);
    await Promise.all(closed);
  });

  it('is read no faster than it is written', async () => {
    const size = 96 * MIB;
    let sent = 0;
    let written = 0;
    let ahead = 0;
    const digest = createHash('md5');
    const pair = await pairBetween(
      async (_request, response) => {
        response.writeHead(200, { 'content-length': size });
        for (const piece = Buffer.alloc(64 * 1024, 'x'); sent < size; sent += piece.length)
          if (!response.write(piece)) await once(response, 'drain');
        response.end();
      },
      async (request, response) => {
        for await (const bytes of request) {
          written += (bytes as Buffer).length;
          digest.update(bytes as Buffer);
          ahead = Math.max(ahead, sent - written);
          // Everything else has its turn before the next piece is taken.
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.writeHead(200, { etag: '"e"' }).end();
      },
    );
    await pair.copy(COPY);
    expect(written).toBeGreaterThanOrEqual(size);
    // Most of it is in the buffers of the machine's sockets.
    expect(ahead).toBeLessThan(24 * MIB);
  });

  it('comes in pieces that S3 takes, however small those are that it comes in', async () => {
    let framed = '';
    const pair = await pairBetween(
      async (_request, response) => {
        response.writeHead(200, { 'content-length': 100_000 });
        response.socket?.setNoDelay(true);
        for (let index = 0; index < 100; index++) {
          response.write(Buffer.alloc(1_000, 'x'));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      },
      async (request, response) => {
        for await (const bytes of request) framed += (bytes as Buffer).toString('latin1');
        response.writeHead(200, { etag: '"e"' }).end();
      },
    );
    await pair.copy(COPY);
    const sizes = [...framed.matchAll(/(?:^|\r\n)([0-9a-f]+)\r\n(?=x|x-amz)/g)].map(([, hex = '']) =>
      parseInt(hex, 16),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100_000);
    for (const size of sizes.slice(0, -1).filter((size) => size > 0)) expect(size).toBeGreaterThanOrEqual(8 * 1024);
  });
});

describe('A source that changes while it is streamed', () => {
  it.each([
    ['before it is read', 1],
    ['between two of its parts', 2],
  ])('%s is noticed, and copied as it is now, as drift', async (when, multipartParts) => {
    const { s3 } = storage();
    const key = `changes ${when}`;
    const size = 6 * MIB * multipartParts;
    const row = putSource(storage(), key, 'a'.repeat(size), { multipartParts });
    let now = '';
    const call = () => {
      now = s3.putObject(SOURCE, key, Buffer.alloc(size, 'b'), { multipartParts }).etag;
    };
    s3.faults.add({ operation: 'GetObject', skip: multipartParts - 1, times: 1, effect: { call } });
    const attempt = await copyStreamed(row);
    expect(attempt).toEqual({ kind: 'sent', row: 0, etag: now, size, source: now, drift: true });
    expect(s3.getObject(DESTINATION, key)?.body.equals(Buffer.alloc(size, 'b'))).toBe(true);
    const { Uploads } = await storage().client.send(new ListMultipartUploadsCommand({ Bucket: DESTINATION }));
    expect(Uploads).toBeUndefined();
  });

  it('and is gone before its end is gone', async () => {
    const { s3 } = storage();
    const row = putSource(storage(), 'goes', 'a');
    s3.faults.add({ operation: 'GetObject', times: 1, effect: { call: () => s3.deleteObject(SOURCE, 'goes') } });
    expect(await copyStreamed(row)).toEqual({ kind: 'gone', row: 0 });
  });
});

/** Copies a row as CopyChunk does. */
function copyStreamed(row: Row) {
  const { ports, connection } = storage();
  const client = clientOf(connection.endpoint ?? '');
  const tools: CopyTools = {
    pair: streamedPair({ source: client, destination: client }, at(SOURCE), at(DESTINATION)),
    pace: new Pace(ports),
    run: runOf('streamed', {}, { isInPlace: false }),
    proofOf: () => Promise.resolve('none'),
    uploads: new UploadRecords(ports.work, 'runs/streamed/uploads/', runOf('streamed', {}, { isInPlace: false })),
    budget: UNBOUNDED,
    isLate: () => false,
    now: () => ports.clock.now(),
  };
  return copyRow(tools, { row, index: 0, destinationKey: row.key, listed: undefined });
}

/** A pair whose source answers as told, and its destination too; the embedded S3 unless told. */
async function pairBetween(source: Answer, destination?: Answer): Promise<BucketPair> {
  const clients = {
    source: clientOf(await serve(source)),
    destination: clientOf(destination ? await serve(destination) : (storage().connection.endpoint ?? '')),
  };
  return streamedPair(clients, { bucket: SOURCE, account: '111111111111' }, at(DESTINATION));
}

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As pairs have them: what is read is not checked twice, and streams are not talked about. */
function clientOf(endpoint: string): S3Client {
  const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
  return createS3Client({ endpoint, region: 'eu-central-1', credentials }, 1, undefined, {
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
  });
}

function closing(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}
