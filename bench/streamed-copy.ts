import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bucketSide } from '../adapters/s3/bucket-side.js';
import { createS3Client, wireConnections } from '../adapters/s3/client.js';
import { StreamedTransfer } from '../adapters/s3/streamed-transfer.js';
import { inParallel } from '../core/parallel.js';

/**
 * What a streamed copy costs this process, whose two sides are in another one: memory held, whatever the size and the number
 * of bodies under way, and CPU. `npx tsx bench/streamed-copy.ts`
 */
const MIB = 1024 ** 2;
const SIZES = [
  { count: 1, mib: 1024, atOnce: 1 },
  { count: 128, mib: 8, atOnce: 128 },
];

if (process.argv[2] === 'sides') await serveSides();
else await measure();

async function measure(): Promise<void> {
  const sides = fork(new URL(import.meta.url), ['sides'], { execArgv: process.execArgv });
  const [endpoint] = (await once(sides, 'message')) as [string];
  const client = () =>
    createS3Client(
      { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } },
      1,
      undefined,
      { responseChecksumValidation: 'WHEN_REQUIRED' },
    );
  const connections = wireConnections();
  const transfer = new StreamedTransfer(
    bucketSide(client(), { bucket: 'source' }, connections),
    bucketSide(client(), { bucket: 'destination' }, connections),
  );
  const copy = (mib: number) =>
    transfer.copy({
      source: { key: String(mib), etag: 'e' },
      destination: { key: 'copy', etag: undefined },
      object: {},
    });
  await copy(1);
  for (const { count, mib, atOnce } of SIZES) {
    const before = process.memoryUsage.rss();
    const cpu = process.cpuUsage();
    let most = before;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    const began = performance.now();
    await inParallel(Array.from({ length: count }), atOnce, () => copy(mib).then(() => undefined));
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - began) / 1000;
    const cpuPerGib = ((user + system) / 1e6 / (count * mib)) * 1024;
    process.stdout.write(
      `${count} of ${mib} MiB, ${atOnce} at once: ${Math.round((count * mib) / seconds)} MiB/s, ${cpuPerGib.toFixed(1)} s of CPU a GiB, ${Math.round((most - before) / MIB)} MiB more held at most\n`,
    );
  }
  sides.kill();
  process.exit(0);
}

/** Sends zeros, as many MiB as the key says, and takes whatever comes. */
async function serveSides(): Promise<void> {
  const piece = Buffer.alloc(64 * 1024);
  const server = createServer((request, response) => {
    if (request.method !== 'GET') {
      request.resume().on('end', () => response.writeHead(200, { etag: '"e"' }).end());
      return;
    }
    const size = Number(/\/source\/(\d+)/.exec(request.url ?? '')?.[1]) * MIB;
    response.writeHead(200, { 'content-length': size, etag: '"e"' });
    let sent = 0;
    const send = () => {
      while (sent < size) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
