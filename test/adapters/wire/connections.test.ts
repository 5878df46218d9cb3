import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Connections } from '../../../adapters/s3/wire/connections.js';
import type { BucketPair } from '../../../core/ports.js';
import { bothWays, ending } from './both-ways.js';
import { answerRaw, answerRawAndEnd, answerWith, errorBody, useRawS3 } from './raw-s3.js';

const raw = useRawS3();
const PAGE = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
const NO_ANSWER = { name: 'NoAnswer', code: 'NoAnswer', kind: 'transient', status: undefined };
const opened: Connections[] = [];
afterEach(() => Promise.all(opened.splice(0).map((connections) => connections.close())));

function impatient(more: Partial<ConstructorParameters<typeof Connections>[0]> = {}): Connections {
  const connections = new Connections({ most: 4, connectTimeoutMs: 200, silenceMs: 200, longest: 100_000, ...more });
  opened.push(connections);
  return connections;
}

function pairOver(connections: Connections, endpoint = raw().connection.endpoint) {
  return bothWays({ ...raw().connection, endpoint }, { connections });
}

const list = (pair: BucketPair) => ending(() => pair.listSource('', ''));
const head = (pair: BucketPair) => ending(() => pair.headSource('a'));

describe('A server that does not answer', () => {
  it.each([
    ['at all', answerRaw()],
    ['in full', answerRaw('HTTP/1.1 200 OK\r\n')],
    ['with the body that it promised', answerRaw(`HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n${PAGE}`)],
  ])('%s is given up', async (_, answer) => {
    raw().answer(answer);
    const { wire, fallbacks } = pairOver(impatient());
    expect(await list(wire)).toEqual(NO_ANSWER);
    // The SDK would wait as long again.
    expect(fallbacks()).toBe(0);
    expect(raw().requests).toHaveLength(1);
  });

  it('is none: nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { wire, sdk } = pairOver(impatient(), `http://127.0.0.1:${port}`);
    expect(await list(wire)).toEqual(NO_ANSWER);
    expect(await list(sdk)).toEqual(NO_ANSWER);
  });

  it('does not even take connections', async () => {
    // A process that listens and then does nothing: once its backlog is full, nobody is let in.
    const child = spawn(process.execPath, [
      '-e',
      `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         require('node:fs').writeSync(1, String(server.address().port));
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
    ]);
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const waiting = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}));
      await once(waiting[0] ?? never(), 'connect');
      const { wire } = pairOver(impatient(), `http://127.0.0.1:${Number(port)}`);
      expect(await list(wire)).toEqual(NO_ANSWER);
      for (const socket of waiting) socket.destroy();
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('A connection', () => {
  it('that the server closes after each answer is opened anew', async () => {
    raw().answer(answerRawAndEnd(`HTTP/1.1 200 OK\r\ncontent-length: ${PAGE.length}\r\n\r\n${PAGE}`));
    const { wire } = pairOver(impatient());
    for (let tries = 0; tries < 20; tries += 1)
      expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
  });

  it('is kept after a HEAD, which undici would close', async () => {
    const ports = new Set<number | undefined>();
    raw().answer((socket, request) => {
      ports.add(socket.remotePort);
      answerWith(200, '', ['etag: "e"'])(socket, request);
    });
    const { wire } = pairOver(impatient({ most: 1 }));
    for (let tries = 0; tries < 5; tries += 1) expect(await head(wire)).toMatchObject({ answer: { etag: 'e' } });
    expect(ports.size).toBe(1);
  });

  it('that the server says it closes is not used again', async () => {
    raw().answer(answerWith(200, PAGE, ['connection: close']));
    const { wire } = pairOver(impatient());
    for (let tries = 0; tries < 5; tries += 1) expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
  });

  it('that breaks just as a request goes out is no answer, and the next request gets one', async () => {
    let isBroken = false;
    raw().answer((socket, request) => {
      if (isBroken) socket.resetAndDestroy();
      else answerWith(200, PAGE)(socket, request);
    });
    const { wire } = pairOver(impatient());
    await list(wire);
    isBroken = true;
    expect(await list(wire)).toEqual(NO_ANSWER);
    isBroken = false;
    expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
    // Whether a request that was cut off was carried out is for the core to find out.
    expect(raw().requests).toHaveLength(3);
  });

  it.each([
    ['in one piece with the answer', true],
    ['behind it', false],
  ])('does not mistake the body of a HEAD for the next answer: %s', async (_, isOnePiece) => {
    const FORGED = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: "forged"\r\n\r\n';
    const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${FORGED.length}\r\netag: "true"\r\n\r\n`;
    raw().answer((socket) => {
      if (isOnePiece) socket.write(ANSWER + FORGED);
      else {
        socket.write(ANSWER);
        setImmediate(() => socket.write(FORGED));
      }
    });
    const { wire } = pairOver(impatient({ most: 1 }));
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await head(wire)).toMatchObject({ answer: { etag: 'true' } });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  it('is one of a few, however many ask', async () => {
    const ports = new Set<number | undefined>();
    raw().answer((socket, request) => {
      ports.add(socket.remotePort);
      setImmediate(() => answerWith(200, PAGE)(socket, request));
    });
    const { wire } = pairOver(impatient({ most: 3 }));
    await Promise.all(Array.from({ length: 60 }, () => list(wire)));
    expect(raw().requests).toHaveLength(60);
    expect(ports.size).toBe(3);
  });
});

describe('An answer without end', () => {
  it.each([
    [
      'in one piece after another',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      `1000\r\n${' '.repeat(4096)}\r\n`,
    ],
    ['of a length', 'HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n', ' '.repeat(4096)],
    ['to be told by its closing', 'HTTP/1.1 503 Busy\r\n\r\n', 'x'.repeat(4096)],
  ])('is given up where it is longer than any: %s', async (_, start, piece) => {
    let sent = 0;
    let closed: Promise<unknown> | undefined;
    raw().answer((socket) => {
      socket.write(start);
      closed = once(socket, 'close');
      const more = () => {
        sent += piece.length;
        if (!socket.destroyed) socket.write(piece, () => setImmediate(more));
      };
      more();
    });
    const { wire, fallbacks } = pairOver(impatient({ longest: 20_000 }));
    expect(await list(wire)).toEqual(NO_ANSWER);
    expect(fallbacks()).toBe(0);
    await closed;
    expect(sent).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('Clock and credentials', () => {
  it('are the SDK’s: after a refusal for the time, the next try is signed by the server’s clock', async () => {
    const now = new Date(Date.now() + 3 * 60 * 60 * 1000);
    raw().answer(answerWith(403, errorBody('RequestTimeTooSkewed'), [`date: ${now.toUTCString()}`]));
    const { wire } = pairOver(impatient());
    expect(await list(wire)).toMatchObject({ code: 'RequestTimeTooSkewed', kind: 'transient' });
    raw().answer(answerWith(200, PAGE));
    await list(wire);
    const [request] = raw().requests;
    const signed = request?.headers['x-amz-date']?.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5');
    expect(Math.abs(Date.parse(signed ?? '') - now.getTime())).toBeLessThan(60_000);
    expect(request?.headers['user-agent']).toBe('s3-backfill');
  });

  it('are asked for anew where they expire', async () => {
    let times = 0;
    const credentials = () => {
      times += 1;
      // The SDK renews what ends within five minutes.
      return Promise.resolve({
        accessKeyId: `key-${times}`,
        secretAccessKey: 's',
        expiration: new Date(Date.now() + 60_000),
      });
    };
    raw().answer(answerWith(200, PAGE));
    const { wire } = bothWays(raw().connection, { connections: impatient(), options: { credentials } });
    await list(wire);
    await list(wire);
    await list(wire);
    const keys = raw().requests.map(({ headers }) => /Credential=([^/]+)/.exec(headers['authorization'] ?? '')?.[1]);
    expect(new Set(keys).size).toBeGreaterThan(1);
    expect(raw().requests.every(({ headers }) => headers['user-agent'] === 's3-backfill')).toBe(true);
  });

  it('are kept where they last', async () => {
    let times = 0;
    const credentials = () => {
      times += 1;
      return Promise.resolve({
        accessKeyId: 'key',
        secretAccessKey: 's',
        expiration: new Date(Date.now() + 3_600_000),
      });
    };
    raw().answer(answerWith(200, PAGE));
    const { wire } = bothWays(raw().connection, { connections: impatient(), options: { credentials } });
    await Promise.all([list(wire), list(wire), list(wire)]);
    await list(wire);
    expect(times).toBe(1);
  });

  it.each<[string, object]>([
    ['CredentialsProviderError', { thrown: 'CredentialsProviderError' }],
    ['ExpiredTokenException', NO_ANSWER],
  ])('that are missing end as they do by the SDK: %s', async (name, end) => {
    const credentials = () => Promise.reject(Object.assign(new Error('none'), { name }));
    const { wire, sdk } = bothWays(raw().connection, { connections: impatient(), options: { credentials } });
    expect(await list(wire)).toEqual(end);
    expect(await list(sdk)).toEqual(end);
  });
});

describe('A bucket in another Region', () => {
  it('is followed as the SDK does, and then gone to at once', async () => {
    const region = (headers: Record<string, string>) => /\d{8}\/([^/]+)\/s3/.exec(headers['authorization'] ?? '')?.[1];
    raw().answer((socket, request) =>
      region(request.headers) === 'eu-west-3'
        ? answerWith(200, PAGE)(socket, request)
        : answerWith(301, errorBody('PermanentRedirect'), ['x-amz-bucket-region: eu-west-3'])(socket, request),
    );
    const { wire, fallbacks } = pairOver(impatient());
    expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
    expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
    expect(raw().requests.map(({ headers }) => region(headers))).toEqual(['eu-central-1', 'eu-west-3', 'eu-west-3']);
    expect(raw().requests.at(-1)?.headers['user-agent']).toBe('s3-backfill');
    expect(fallbacks()).toBe(1);
  });

  it.each(['not a region', '', 'a.b', '😀'])('whose name is none breaks nothing: %j', async (name) => {
    raw().answer(
      answerWith(301, errorBody('PermanentRedirect'), [Buffer.from(`x-amz-bucket-region: ${name}`).toString('latin1')]),
    );
    const { wire, sdk } = pairOver(impatient());
    expect(await list(wire)).toEqual(await list(sdk));
    raw().answer(answerWith(200, PAGE));
    expect(await list(wire)).toMatchObject({ answer: { truncated: false } });
  });
});

it('Open connections and their timers keep no process', async () => {
  raw().answer(answerWith(200, 'x'));
  const script = `
    const { Connections } = await import('./adapters/s3/wire/connections.ts');
    const connections = new Connections({ most: 4, connectTimeoutMs: 60_000, silenceMs: 60_000, longest: 1000 });
    const request = { path: '/', headers: {} };
    for (const method of ['GET', 'HEAD', 'PUT']) await connections.send('${raw().connection.endpoint}', { ...request, method });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    process.stdout.write(JSON.stringify(process.getActiveResourcesInfo()));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: 'pipe' });
  const printed = { out: '', errors: '' };
  child.stdout.on('data', (bytes) => (printed.out += String(bytes)));
  child.stderr.on('data', (bytes) => (printed.errors += String(bytes)));
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(printed.errors).toBe('');
  expect(raw().requests).toHaveLength(3);
  expect(JSON.parse(printed.out)).not.toEqual(expect.arrayContaining([expect.stringMatching(/TCP|Timeout|Immediate/)]));
});

function never(): never {
  throw new Error('This does not happen.');
}
