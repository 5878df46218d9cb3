import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { listedRange, type ListedRange, type ListingRange } from '../../../../contracts/listing.js';
import type { RunRequestInput } from '../../../../contracts/run-request.js';
import { listRange } from '../../../../core/inventory/listing/list-range.js';
import type { Ports } from '../../../../core/ports.js';
import { listingRun, WHOLE } from '../../support/listing.js';
import { SOURCE, WORK, useStorage, watchWriters } from '../../support/storage.js';

const storage = useStorage();
const HOUR_MS = 3_600_000;
const COUNT = 3_500;

describe('A range of the source', () => {
  let listed: Awaited<ReturnType<typeof list>>;
  beforeAll(async () => {
    listed = await list('whole', COUNT);
  });

  it('is a data file as S3 Inventory writes them, with the MD5 that is told of it', () => {
    const { key = '', size, md5, first } = listed.found.file ?? {};
    const body = storage().s3.getObject(storage().ports.work.bucket, key)?.body ?? Buffer.alloc(0);
    expect({ size, md5 }).toEqual({ size: body.length, md5: createHash('md5').update(body).digest('hex') });
    expect(first).toBe('whole/00000');
    const lines = gunzipSync(body).toString().trimEnd().split('\n');
    expect(lines).toHaveLength(COUNT);
    expect(lines[7]).toMatch(/^"photos","whole\/00007","4","\d{4}-\d\d-\d\dT[\d:.]+Z","[0-9a-f]{32}","STANDARD"$/);
    expect(listed).toMatchObject({ answer: { range: 0, rows: COUNT }, found: { rows: COUNT, rest: [] }, requests: 4 });
  });

  it('that is on file already is answered at once', async () => {
    const again = await list('whole', 0);
    expect(again).toEqual({ ...listed, requests: 0 });
  });

  it('that two list at once is what the first of them found, for both', async () => {
    fill('twice', 10);
    const { paths } = await listingRun(storage(), 'twice');
    const call = () => listRange(storage().ports, { runId: 'twice', round: 1, range: WHOLE }, () => HOUR_MS);
    const [one, other] = await Promise.all([call(), call()]);
    expect(one).toEqual(other);
    const { file } = await read(paths.listed(1, 0));
    expect(storage().s3.getObject(storage().ports.work.bucket, file?.key ?? '')?.etag).toBe(file?.md5);
  });

  it('answers what a call beside it has put on file first', async () => {
    fill('beside', 10);
    const { paths } = await listingRun(storage(), 'beside');
    const first: ListedRange = { range: 0, rows: 7, rest: [] };
    const stop = storage().onRequest(({ url = '' }) => {
      if (url.startsWith(`/${SOURCE}`))
        storage().s3.putObject(WORK, paths.listed(1, 0), Buffer.from(JSON.stringify(first)));
    });
    const answer = await listRange(storage().ports, { runId: 'beside', round: 1, range: WHOLE }, () => HOUR_MS);
    stop();
    expect(answer).toEqual({ range: 0, rows: 7 });
    expect(await read(paths.listed(1, 0))).toEqual(first);
  });

  it('without an object has no file', async () => {
    expect((await list('empty', 0)).found).toEqual({ range: 0, rows: 0, rest: [] });
  });

  it('ends at its bound, inclusive, and begins behind the other, exclusive', async () => {
    const { found } = await list('bounds', 100, { after: 'bounds/00010', until: 'bounds/00020' });
    expect(found).toMatchObject({ rows: 10, file: { first: 'bounds/00011' }, rest: [] });
  });

  it('of more pages than it may take leaves the rest in pieces', async () => {
    const { found } = await list('pages', COUNT, { pages: 2, pieces: 8 });
    expect(found.rows).toBe(2_000);
    expect(found.rest.length).toBeGreaterThan(4);
    expect(found.rest[0]?.after).toBe('pages/01999');
    expect(found.rest.at(-1)).not.toHaveProperty('until');
  });
});

describe('A call whose time is over', () => {
  it('ends where it is, well before its deadline, and splits what is left', async () => {
    let left = 1_000_000;
    // At the first look half of it is over, at the second one all of it.
    const { found } = await list('late', COUNT, { pieces: 4 }, () => (left -= 500_000));
    expect(found).toMatchObject({ rows: 1_000 });
    expect(found.rest.length).toBeGreaterThan(1);
  });

  it('because S3 says SlowDown keeps what it has, and leaves the rest in one piece', async () => {
    storage().s3.faults.add({ operation: 'ListObjectsV2', bucket: SOURCE, skip: 2, effect: { error: 'SlowDown' } });
    const { found } = await list('slow', COUNT, { pieces: 8 }, virtualDeadline(900_000));
    expect(found).toMatchObject({ rows: 2_000, rest: [{ after: 'slow/01999' }] });
  });

  it('because S3 says nothing but SlowDown is tried again as a whole: nothing is on file', async () => {
    fill('never', 10);
    storage().s3.faults.add({ operation: 'ListObjectsV2', bucket: SOURCE, effect: { error: 'SlowDown' } });
    const { paths } = await listingRun(storage(), 'never');
    const call = listRange(storage().ports, { runId: 'never', round: 1, range: WHOLE }, virtualDeadline(900_000));
    await expect(call).rejects.toMatchObject({ name: 'SlowDown' });
    expect(await storage().ports.work.read(paths.listed(1, 0))).toBeUndefined();
  });

  it('for another reason leaves no file half written', async () => {
    fill('refused', COUNT);
    storage().s3.faults.add({ operation: 'ListObjectsV2', bucket: SOURCE, skip: 3, effect: { error: 'AccessDenied' } });
    await listingRun(storage(), 'refused');
    const { ports, open } = watchWriters(storage().ports);
    const call = listRange(ports, { runId: 'refused', round: 1, range: WHOLE }, () => HOUR_MS);
    await expect(call).rejects.toMatchObject({ name: 'AccessDenied' });
    expect([...open]).toEqual([]);
  });
});

it('A listing asks no more of the source than requestsPerSecond says', async () => {
  const { clock } = storage().ports;
  fill('paced', COUNT);
  const began = clock.now();
  const { requests } = await list('paced', COUNT, { pages: 1, pieces: 32 }, () => HOUR_MS, {
    requestsPerSecond: 20,
    maxConcurrency: 2,
  });
  expect(requests).toBeGreaterThan(20);
  // Ten a second for each of two workers, and a second's worth at once.
  expect(clock.now() - began).toBeGreaterThan(((requests - 10) / 10) * 900);
});

/** Lists a prefix of so many objects; what was answered, what is on file, and the requests that it took. */
async function list(
  id: string,
  count: number,
  range: Partial<ListingRange> = {},
  deadline = () => HOUR_MS,
  request: Partial<RunRequestInput> = {},
): Promise<{ answer: object; found: ListedRange; requests: number }> {
  fill(id, count);
  const { paths } = await listingRun(storage(), id, request);
  let requests = 0;
  const stop = storage().onRequest(
    ({ url = '' }) => void (requests += Number(url.startsWith(`/${SOURCE}?`) || url.startsWith(`/${SOURCE}/?`))),
  );
  const ports: Ports = storage().ports;
  const answer = await listRange(ports, { runId: id, round: 1, range: { ...WHOLE, ...range } }, deadline);
  stop();
  return { answer, found: await read(paths.listed(1, 0)), requests };
}

function fill(id: string, count: number): void {
  for (let index = 0; index < count; index++)
    storage().s3.putObject(SOURCE, `${id}/${String(index).padStart(5, '0')}`, Buffer.from('body'));
}

async function read(key: string): Promise<ListedRange> {
  const file = await storage().ports.work.read(key);
  return listedRange.parse(JSON.parse(file?.body.toString() ?? ''));
}

function virtualDeadline(ms: number): () => number {
  const { clock } = storage().ports;
  const end = clock.now() + ms;
  return () => end - clock.now();
}
