import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { clock } from '../adapters/clock.js';
import { s3BucketPair } from '../adapters/s3/bucket-pair.js';
import { InPlaceTransfer } from '../adapters/s3/in-place-transfer.js';
import { pairSides } from '../adapters/s3/pair-sides.js';
import { secretsBy } from '../adapters/secrets/secret-credentials.js';
import { Pace } from '../core/copy/pace.js';
import { StorageError } from '../core/errors.js';

/**
 * How near one worker's pace comes to what S3 takes: CopyObject through the real adapter, to a server in another process that
 * takes so many a second, and after a while twice as many. `npx tsx bench/rate.ts`
 */
const LIMIT = 200;
const LATENCY_MS = 20;
/** What the server takes at once after a rest, in seconds of its limit. */
const BURST_SECONDS = 0.25;
const SECONDS = { settle: 10, steady: 10, doubled: 15 };
const CALLERS = 200;
const FREE_REQUESTS = 200_000;

export interface RateFigures {
  /** Requests a second that the server takes at first. */
  limit: number;
  /** Seconds until three in a row are within 10 % of the limit. */
  settleSeconds: number;
  /** Copies a second from second 10 to 20, and the part of all requests that was refused then and in the first ten. */
  steadyRate: number;
  steadyWaste: number;
  firstWaste: number;
  /** Seconds from the doubling of the limit until two in a row are above 90 % of the new one. */
  recoverySeconds: number;
  /** CPU of the pace alone for one request, while nothing is refused. */
  paceMicroseconds: number;
  seconds: Second[];
}

interface Second {
  copied: number;
  refused: number;
}

const OWN_PATH = fileURLToPath(import.meta.url);
if (process.argv[2] === 'serve-at-a-limit') await serve();
else if (process.argv[1] === OWN_PATH) {
  const { seconds: _, ...figures } = await measureRate((line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  process.exit(0);
}

/** Runs for about forty seconds. @param say is told each second */
export async function measureRate(say: (line: string) => void = () => {}): Promise<RateFigures> {
  const paceMicroseconds = await costOfPace();
  const server = fork(OWN_PATH, ['serve-at-a-limit'], { execArgv: process.execArgv });
  try {
    const [endpoint] = (await once(server, 'message')) as [string];
    return { ...(await run(server, endpoint, say)), paceMicroseconds };
  } finally {
    server.kill();
  }
}

async function run(
  server: ChildProcess,
  endpoint: string,
  say: (line: string) => void,
): Promise<Omit<RateFigures, 'paceMicroseconds'>> {
  const connection = { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const { source, destination } = pairSides(
    connection,
    'bench',
    secretsBy(connection),
  )({ bucket: 'source' }, { bucket: 'destination' });
  const pair = s3BucketPair(source, destination, new InPlaceTransfer(source, destination));
  const pace = new Pace({ clock, random: Math.random, retryDelayMs: 100 });

  const seconds: Second[] = [];
  let now: Second = { copied: 0, refused: 0 };
  const copy = async (key: string) => {
    try {
      await pair.copy({ source: { key, etag: 'e' }, destination: { key, etag: undefined }, object: {} });
      now.copied += 1;
    } catch (error) {
      if (error instanceof StorageError && error.kind === 'throttled') now.refused += 1;
      throw error;
    }
  };
  const end = clock.now() + 1000 * (SECONDS.settle + SECONDS.steady + SECONDS.doubled);
  let copies = 0;
  const callers = Array.from({ length: CALLERS }, async () => {
    while (clock.now() < end) {
      const key = `folder/${copies++}`;
      await pace.write({ key, usesKms: false }, () => copy(key));
    }
  });
  const doublesAt = SECONDS.settle + SECONDS.steady;
  const ticker = setInterval(() => {
    seconds.push(now);
    say(`${String(seconds.length).padStart(3)} s  ${now.copied} copied  ${now.refused} times 503`);
    now = { copied: 0, refused: 0 };
    if (seconds.length === doublesAt) server.send({ limit: 2 * LIMIT });
  }, 1000);
  await Promise.all(callers);
  clearInterval(ticker);

  const steady = seconds.slice(SECONDS.settle, doublesAt);
  return {
    limit: LIMIT,
    settleSeconds: firstOf(seconds, 3, ({ copied }) => Math.abs(copied - LIMIT) <= 0.1 * LIMIT),
    steadyRate: steady.reduce((sum, { copied }) => sum + copied, 0) / steady.length,
    steadyWaste: waste(steady),
    firstWaste: waste(seconds.slice(0, SECONDS.settle)),
    recoverySeconds: firstOf(seconds.slice(doublesAt), 2, ({ copied }) => copied >= 0.9 * 2 * LIMIT),
    seconds,
  };
}

/** Seconds before the first so many in a row of which it is true; NaN where there are none. */
function firstOf(seconds: readonly Second[], row: number, isSo: (second: Second) => boolean): number {
  const at = seconds.findIndex(
    (_, index) => index + row <= seconds.length && seconds.slice(index, index + row).every(isSo),
  );
  return at === -1 ? Number.NaN : at;
}

function waste(seconds: readonly Second[]): number {
  const refused = seconds.reduce((sum, second) => sum + second.refused, 0);
  const copied = seconds.reduce((sum, second) => sum + second.copied, 0);
  return refused / (refused + copied);
}

/** The same calls with and without a pace: CPU of the difference, in microseconds a call. */
async function costOfPace(): Promise<number> {
  const call = () => Promise.resolve(1);
  const measured = async (ask: () => Promise<number>) => {
    for (let warm = 0; warm < FREE_REQUESTS / 4; warm++) await ask();
    const before = process.cpuUsage();
    for (let asked = 0; asked < FREE_REQUESTS; asked++) await ask();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / FREE_REQUESTS;
  };
  const pace = new Pace({ clock, random: Math.random, retryDelayMs: 100 }, { prefixes: new Set(['folder/']) });
  const write = { key: 'folder/key', usesKms: false };
  const paced = await measured(() => pace.write(write, call));
  return paced - (await measured(call));
}

/** Answers CopyObject as S3 does, after a while, as often as the limit says. A message changes the limit. */
async function serve(): Promise<void> {
  let limit = LIMIT;
  let tokens = 0;
  let filledAt = performance.now();
  const copied =
    '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>2026-01-31T00:00:00.000Z</LastModified><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag></CopyObjectResult>';
  const slowDown =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message><RequestId>1</RequestId><HostId>2</HostId></Error>';
  const answer = (response: ServerResponse, status: number, body: string) =>
    setTimeout(() => response.writeHead(status, { 'content-type': 'application/xml' }).end(body), LATENCY_MS);
  const server = createServer((request, response) => {
    request.resume();
    const now = performance.now();
    tokens = Math.min(limit * BURST_SECONDS, tokens + ((now - filledAt) * limit) / 1000);
    filledAt = now;
    if (tokens < 1) return void answer(response, 503, slowDown);
    tokens -= 1;
    answer(response, 200, copied);
  });
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: { limit: number }) => ({ limit } = message));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
