import { beforeAll, describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 100, retryDelayMs: 1 } });
const DAY_MS = 86_400_000;

type Side = Parameters<ReturnType<typeof test>['engine']['s3']['putObject']>[3];

interface Case {
  source?: Side;
  /** What is at the destination: its bytes, and more. Nothing where there is none. */
  there?: [body: string, more: Side];
  listing: string;
  strong: string;
}

const KMS: Side = { encryption: { kind: 'SSE-KMS' } };
const NO_CHECKSUM: Side = { checksumAlgorithm: 'none' };
const OLD: Side = { lastModified: 0 };
const BODY = 'body of five words';

/** The rows of the comparing table (core/compare/compare.ts), each an object of one bucket. */
const CASES: Record<string, Case> = {
  '2 nothing is there': { listing: 'copied', strong: 'copied' },
  '3 another size, older': { there: ['other', OLD], listing: 'copied', strong: 'copied' },
  '3 another size, newer': { there: ['other', {}], listing: 'DestinationNewer', strong: 'DestinationNewer' },
  '4 the same': { there: [BODY, {}], listing: 'etag', strong: 'etag' },
  '5 another ETag, older': { there: ['another five words', OLD], listing: 'copied', strong: 'copied' },
  '5 another ETag, newer': {
    there: ['another five words', {}],
    listing: 'DestinationNewer',
    strong: 'DestinationNewer',
  },
  '7 encryption of the destination shows only by HEAD': {
    there: [BODY, { ...KMS, ...NO_CHECKSUM }],
    source: NO_CHECKSUM,
    listing: 'sizeAndTime',
    strong: 'copied',
  },
  '8 KMS, equal checksums': { source: KMS, there: [BODY, KMS], listing: 'sizeAndTime', strong: 'checksum' },
  '8 KMS at the destination alone, equal checksums': { there: [BODY, KMS], listing: 'checksum', strong: 'checksum' },
  '8 KMS, unequal checksums, newer': {
    source: KMS,
    there: ['another five words', KMS],
    listing: 'sizeAndTime',
    strong: 'DestinationNewer',
  },
  '8 KMS, unequal checksums, older': {
    source: KMS,
    there: ['another five words', { ...KMS, ...OLD }],
    listing: 'copied',
    strong: 'copied',
  },
  '9 KMS, no checksums': {
    source: { ...KMS, ...NO_CHECKSUM },
    there: [BODY, { ...KMS, ...NO_CHECKSUM }],
    listing: 'sizeAndTime',
    strong: 'copied',
  },
  '10 in parts at the source alone': {
    source: { multipartParts: 2, ...NO_CHECKSUM },
    there: [BODY, NO_CHECKSUM],
    listing: 'sizeAndTime',
    strong: 'copied',
  },
  '10 KMS, older': {
    source: { ...KMS, ...NO_CHECKSUM },
    there: [BODY, { ...KMS, ...NO_CHECKSUM, ...OLD }],
    listing: 'copied',
    strong: 'copied',
  },
};

describe.each(['listing', 'strong'] as const)('With proof: "%s", in a whole run', (proof) => {
  const found = new Map<string, string>();
  let world: World;
  let first: string;

  beforeAll(async () => {
    world = newWorld(test(), `comparing-${proof}`);
    const { s3, clock } = test().engine;
    for (const [key, { source = {}, there }] of Object.entries(CASES)) {
      s3.putObject(world.source, key, Buffer.from(BODY), { lastModified: clock.now() - DAY_MS, ...source });
      if (there) s3.putObject(world.destination, key, Buffer.from(there[0]), there[1]);
    }
    world.takeInventory();
    ({ runId: first } = await test().startAndWait({ ...world.request, proof }));
    for (const { key, errorCode, result } of readReport(test(), first))
      found.set(key, errorCode || (result.outcome === 'copied' ? 'copied' : (result.evidence ?? result.outcome)));
  });

  it.each(Object.entries(CASES))('%s', (key, expected) => {
    expect(found.get(key)).toBe(expected[proof]);
  });

  it('the books add up, and every failure is named', async () => {
    const summary = expectBooks(test(), first);
    const failed = [...found].filter(([, end]) => end === 'DestinationNewer').map(([key]) => key);
    expect(summary.failed).toBe(failed.length);
    expect((await test().failures(first)).map(({ key, cause }) => `${key} ${cause}`).toSorted()).toEqual(
      failed.map((key) => `${key} DestinationNewer`).toSorted(),
    );
  });

  it('6 what was copied before is known by the answer on file, and nothing is copied again', async () => {
    test().engine.s3.requests.reset();
    const { runId } = await test().startAndWait({ ...world.request, proof });
    expect(expectBooks(test(), runId).verified.copied).toBe(0);
    for (const { key, result } of readReport(test(), runId))
      if (found.get(key) === 'copied') expect(`${key}: ${result.evidence}`).toMatch(/: (?:etag|copied)$/);
    const { requests } = test().engine.s3;
    expect(requests.count({ operation: 'CopyObject' }) + requests.count({ operation: 'UploadPartCopy' })).toBe(0);
  });
});

describe('1 An inventory without size, ETag and time, in a whole run', () => {
  it('has each object looked up, and ends as any other', async () => {
    const world = newWorld(test());
    for (const key of ['a', 'b', 'there']) world.put(key);
    test().engine.s3.putObject(world.destination, 'there', Buffer.from('body of there'));
    world.takeInventory({ fields: ['StorageClass'] });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      verified: { identical: 1, copied: 2 },
      drift: 0,
    });
    const again = await test().startAndWait(world.request);
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 3, copied: 0 } });
  });
});
