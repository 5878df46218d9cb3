import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writableStorageClasses } from '../../../contracts/location.js';
import type { BucketPair, CopyRequest, Grants } from '../../../core/ports.js';
import { anyKey, longKey } from '../../property/keys.js';
import { useAnswers } from '../scripted-s3.js';
import { bothWays, ending, type BothWays } from './both-ways.js';

const scripted = useAnswers();
const ACCOUNT = '123456789012';
const OPTIONS = { seed: 20_260_131, numRuns: 80 };

/** All but the SDK's own, and what differs with the time. */
const OWN =
  /^(?:user-agent|x-amz-user-agent|amz-sdk-.*|authorization|x-amz-date|content-length|content-type|connection|accept.*)$/;

const key = fc.oneof(
  { weight: 6, arbitrary: anyKey.filter((key) => key !== '') },
  { weight: 1, arbitrary: longKey },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '/',
      '//',
      '..',
      '../..',
      'a/../b',
      './a',
      '/a',
      'a//b/',
      "'()*!",
      '%2F',
      'a?b#c',
      '\u0000\u007f',
      '😀',
    ),
  },
);
/** What Node sends in a header as it is. */
const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const etag = fc.stringMatching(/^[0-9a-f]{32}(?:-\d{1,4})?$/);
const grants: fc.Arbitrary<Grants> = fc.record(
  {
    fullControl: fc.array(headerText, { minLength: 1, maxLength: 2 }),
    read: fc.array(headerText, { minLength: 1, maxLength: 2 }),
    readAcp: fc.array(headerText, { minLength: 1, maxLength: 2 }),
    writeAcp: fc.array(headerText, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const copyRequest: fc.Arbitrary<CopyRequest> = fc.record({
  source: fc.record({ key, etag, versionId: fc.option(anyKey, { nil: undefined }) }),
  destination: fc.record({ key, etag: fc.option(etag, { nil: undefined }) }),
  object: fc.record(
    {
      storageClass: fc.constantFrom(...writableStorageClasses),
      kmsKeyArn: fc.constant(`arn:aws:kms:eu-central-1:${ACCOUNT}:key/a-b-c`),
      bucketKeyEnabled: fc.boolean(),
      acl: fc.oneof(fc.constant('bucket-owner-full-control' as const), grants),
      lock: fc.record(
        {
          mode: fc.constantFrom('GOVERNANCE' as const, 'COMPLIANCE' as const),
          retainUntil: fc.integer({ min: 0, max: 4e12 }),
          legalHold: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
      websiteRedirect: fc.oneof(headerText, fc.constantFrom('', '/a', 'https://example.com/ü', 'line\nend')),
    },
    { requiredKeys: [] },
  ),
});
const sides = fc.record({
  source: fc.record({
    bucket: fc.constantFrom('photos', 'a.dotted.bucket'),
    account: fc.option(fc.constant(ACCOUNT), { nil: undefined }),
  }),
  destination: fc.record({
    bucket: fc.constantFrom('photos-copy', 'another.dotted.bucket'),
    account: fc.option(fc.constant(ACCOUNT), { nil: undefined }),
  }),
});

/** The timers of the SDK outlive a request that Node refuses to send. */
const SOON = { requestHandler: { connectionTimeout: 100, requestTimeout: 100 } };

interface Sent {
  method: string | undefined;
  path: string | undefined;
  query: string[];
  headers: [string, string][];
  agent: string | undefined;
}

describe('A request over the wire is the SDK’s', () => {
  it('CopyObject', async () => {
    await expectSame(
      fc.tuple(sides, copyRequest),
      ([, request]) =>
        (pair) =>
          pair.copy(request),
    );
  });

  it('ListObjectsV2', async () => {
    const request = fc.tuple(anyKey, anyKey, fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }));
    await expectSame(
      fc.tuple(sides, request),
      ([, of]) =>
        (pair) =>
          pair.listDestination(...of),
    );
  });

  it('ListObjectsV2 that goes on', async () => {
    const page = (more: string) => `<ListBucketResult><IsTruncated>${more}</ListBucketResult>`;
    const { wire, sdk } = bothWays(scripted().connection);
    await fc.assert(
      fc.asyncProperty(headerText.map(escaped), async (token) => {
        const pages = [
          page(`true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`),
          page('false</IsTruncated>'),
        ];
        const [ours, theirs] = [
          await sentBy(() => wire.listSource('p', ''), pages),
          await sentBy(() => sdk.listSource('p', ''), pages),
        ];
        expect(ours).toHaveLength(2);
        expect(ours.map(comparable)).toEqual(theirs.map(comparable));
      }),
      { ...OPTIONS, numRuns: 40 },
    );
  });

  it('HeadObject', async () => {
    const of = fc.record({
      versionId: fc.option(anyKey, { nil: undefined }),
      part: fc.integer({ min: 1, max: 10_000 }),
    });
    await expectSame(
      fc.tuple(sides, key, of),
      ([, key, of]) =>
        (pair) =>
          pair.headSource(key, of),
    );
    await expectSame(
      fc.tuple(sides, key),
      ([, key]) =>
        (pair) =>
          pair.headDestination(key),
    );
  });
});

describe('What undici does not send, or otherwise than it is signed, the SDK sends or refuses', () => {
  it.each([
    ['a line end in a header', 'a\r\nx-amz-acl: public-read'],
    ['a character beyond ASCII', 'ü'],
    ['a character beyond Latin-1', '😀'],
    ['a control character', '\u0000'],
  ])('%s', async (_, websiteRedirect) => {
    const { wire, sdk, fallbacks } = bothWays(scripted().connection, { options: SOON });
    const copy = (pair: BucketPair) =>
      ending(() =>
        pair.copy({
          source: { key: 'a', etag: 'e' },
          destination: { key: 'a', etag: undefined },
          object: { websiteRedirect },
        }),
      );
    expect(await sentBy(() => copy(wire))).toEqual(await sentBy(() => copy(sdk)));
    expect(await copy(wire)).toEqual(await copy(sdk));
    expect(fallbacks()).toBe(2);
  });

  it.each([
    ['a key', (pair: BucketPair) => pair.headSource('\ud800')],
    ['a prefix', (pair: BucketPair) => pair.listSource('\ud800', '')],
    [
      'a key to copy to',
      (pair: BucketPair) =>
        pair.copy({ source: { key: 'a', etag: 'e' }, destination: { key: '\udc00', etag: undefined }, object: {} }),
    ],
  ])('half a surrogate pair in %s', async (_, call) => {
    const { wire, sdk } = bothWays(scripted().connection);
    const ours = await ending(() => call(wire));
    expect(ours).toEqual(await ending(() => call(sdk)));
    expect(ours).toMatchObject({ kind: 'transient' });
  });

  it('a session token that is no header', async () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'line\nend' };
    const { wire, sdk, fallbacks } = bothWays({ ...scripted().connection, credentials }, { options: SOON });
    const head = (pair: BucketPair) => ending(() => pair.headSource('a'));
    expect(await head(wire)).toEqual(await head(sdk));
    expect(fallbacks()).toBe(1);
  });
});

/** Sends once each way; what is sent must be the same, and over the wire unless a header is not plain. */
async function expectSame<T extends [{ source: { bucket: string }; destination: { bucket: string } }, ...unknown[]]>(
  questions: fc.Arbitrary<T>,
  callOf: (question: T) => (pair: BucketPair) => Promise<unknown>,
): Promise<void> {
  let wired = 0;
  const known = new Map<string, BothWays>();
  await fc.assert(
    fc.asyncProperty(questions, async (question) => {
      const of = JSON.stringify(question[0]);
      const ways = known.get(of) ?? bothWays(scripted().connection, { ...question[0], options: SOON });
      known.set(of, ways);
      const { wire, sdk } = ways;
      const call = callOf(question);
      const ours = await sentBy(() => call(wire));
      const theirs = await sentBy(() => call(sdk));
      expect(ours.map(comparable)).toEqual(theirs.map(comparable));
      const isPlain = ours.every(({ headers }) => headers.every(([, value]) => /^[\x20-\x7e]*$/.test(value)));
      if (isPlain && ours.length > 0) {
        expect(ours[0]).toMatchObject({ agent: 's3-backfill' });
        wired += 1;
      }
    }),
    OPTIONS,
  );
  expect(wired).toBeGreaterThan(OPTIONS.numRuns / 2);
}

const RESULT =
  '<CopyObjectResult><LastModified>2026-01-31T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>';
const PAGE = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';

/** The requests of a call, each of which gets the next answer, or the usual one where there is none. */
async function sentBy(call: () => Promise<unknown>, answers: string[] = []): Promise<Sent[]> {
  const sent: Sent[] = [];
  scripted().answer((response, request) => {
    const answer = answers[sent.length] ?? (request.method === 'PUT' ? RESULT : PAGE);
    sent.push(described(request));
    response.writeHead(200).end(answer);
  });
  await call().catch(() => {});
  return sent;
}

function described({ method, url = '', headers }: IncomingMessage): Sent {
  const [path, search = ''] = url.split(/\?(.*)/s);
  return {
    method,
    path,
    query: search
      .split('&')
      .filter((each) => each !== '' && !each.startsWith('x-id='))
      .toSorted(),
    headers: Object.entries(headers)
      .map(([name, value]): [string, string] => [name, String(value)])
      .filter(([name]) => !OWN.test(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    agent: headers['user-agent'],
  };
}

function comparable({ method, path, query, headers }: Sent): Omit<Sent, 'agent'> {
  return { method, path, query, headers };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
