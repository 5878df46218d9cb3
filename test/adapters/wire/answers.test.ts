import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BucketPair } from '../../../core/ports.js';
import { bothWays, ending, type BothWays } from './both-ways.js';
import { answerWith, useRawS3, type RawAnswer } from './raw-s3.js';

const raw = useRawS3();
const OPTIONS = { seed: 20_260_131, numRuns: 250 };

const copy = (pair: BucketPair) =>
  ending(() => pair.copy({ source: { key: 'a', etag: 'e' }, destination: { key: 'a', etag: undefined }, object: {} }));
const head = (pair: BucketPair) => ending(() => pair.headDestination('a'));

const RESULT =
  '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>2026-01-31T12:00:00.000Z</LastModified><ETag>&quot;0a1b-2&quot;</ETag></CopyObjectResult>';
const CHECKSUM = '<ChecksumType>FULL_OBJECT</ChecksumType><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>';

/** Answers both ways, and whether the SDK read over the wire. */
async function read(ways: BothWays, call: (pair: BucketPair) => Promise<unknown>, answer: RawAnswer) {
  raw().answer(answer);
  const before = ways.fallbacks();
  const wire = await call(ways.wire);
  return { wire, sdk: await call(ways.sdk), isFallback: ways.fallbacks() > before };
}

describe('The result of a copy', () => {
  it.each([
    ['S3’s', RESULT],
    ['S3’s, with checksums', RESULT.replace('</Copy', `${CHECKSUM}</Copy`)],
    ['S3’s, that was waited for', RESULT.replace('?>', '?>\n \n \n')],
    ['MinIO’s and Ceph’s', RESULT.replaceAll('&quot;', '"').replace(/<\?.*\n/, '')],
    ['the ETag first', RESULT.replace(/(<Last.*fied>)(<ETag>.*<.ETag>)/, '$2$1')],
    ['over lines', RESULT.replaceAll('><', '>\r\n  <')],
  ])('is read without the SDK: %s', async (_, body) => {
    const { wire, sdk, isFallback } = await read(ways(), copy, answerWith(200, body, ['x-amz-version-id: v']));
    expect(wire).toEqual({ answer: { etag: '0a1b-2', versionId: 'v' } });
    expect(wire).toEqual(sdk);
    expect(isFallback).toBe(false);
  });

  it.each([
    ['another status', 201, RESULT],
    ['an error', 200, '<Error><Code>SlowDown</Code></Error>'],
    ['nothing', 200, ''],
    ['a comment', 200, RESULT.replace('<ETag>', '<!-- --><ETag>')],
    ['an attribute', 200, RESULT.replace('<ETag>', '<ETag a="b">')],
    ['CDATA', 200, RESULT.replace(/<ETag>.*<.ETag>/, '<ETag><![CDATA["e"]]></ETag>')],
    ['an ETag without quotes', 200, RESULT.replaceAll('&quot;', '')],
    ['an ETag with an entity', 200, RESULT.replaceAll('&quot;', '&#34;')],
    ['two ETags', 200, RESULT.replace(/(<ETag>.*<.ETag>)/, '$1$1')],
    ['two times', 200, RESULT.replace(/(<Last.*fied>)/, '$1$1')],
    ['no time', 200, RESULT.replace(/<Last.*fied>/, '')],
    ['a time that is none', 200, RESULT.replace('T12', 'T24')],
    ['tags that do not match', 200, RESULT.replace('</Last', '</Lost')],
    ['an element within another', 200, RESULT.replace('</Copy', '<a><b></b></a></Copy')],
    ['an element that closes itself', 200, RESULT.replace('</Copy', '<a/></Copy')],
    ['something behind it', 200, `${RESULT}<a/>`],
    ['a result that is too long', 200, RESULT.replace('?>', `?>${' '.repeat(5000)}`)],
  ])('is read by the SDK where it is otherwise: %s', async (_, status, body) => {
    const { wire, sdk, isFallback } = await read(ways(), copy, answerWith(status, body));
    expect(wire).toEqual(sdk);
    expect(isFallback).toBe(true);
  });

  it('is the SDK’s, whichever bytes are changed', async () => {
    const both = ways();
    const body = Buffer.from(RESULT.replace('</Copy', `${CHECKSUM}</Copy`));
    const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from(' <>/&;"\n!?0A')));
    const change = fc.tuple(fc.nat({ max: body.length }), byte, fc.constantFrom(0, 1, 2));
    let own = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
        let changed: Buffer = body;
        for (const [at, byte, kind] of changes)
          changed = Buffer.concat([
            changed.subarray(0, at),
            ...(kind === 0 ? [] : [Buffer.of(byte)]),
            changed.subarray(kind === 1 ? at : at + 1),
          ]);
        const { wire, sdk, isFallback } = await read(both, copy, answerWith(200, changed));
        if (!isFallback) own += 1;
        expect(wire).toEqual(sdk);
      }),
      OPTIONS,
    );
    expect(own).toBeGreaterThan(20);
  });
});

const PLAIN = [
  'Last-Modified: Sat, 31 Jan 2026 12:00:00 GMT',
  'ETag: "0a1b-2"',
  'Content-Type: image/jpeg',
  'Cache-Control: no-cache',
  'Content-Disposition: inline',
  'Content-Language: de',
  'Expires: 0',
  'x-amz-meta-of-mine: a b',
  'x-amz-storage-class: GLACIER',
  'x-amz-restore: ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"',
  'x-amz-server-side-encryption: aws:kms',
  'x-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:eu-central-1:123456789012:key/a',
  'x-amz-checksum-crc64nvme: AAAAAAAAAAA=',
  'x-amz-checksum-type: FULL_OBJECT',
  'x-amz-mp-parts-count: 2',
  'x-amz-tagging-count: 3',
  'x-amz-object-lock-mode: COMPLIANCE',
  'x-amz-object-lock-retain-until-date: 2030-01-31T12:00:00.000Z',
  'x-amz-object-lock-legal-hold: ON',
  'x-amz-website-redirect-location: /b',
  'x-amz-archive-status: ARCHIVE_ACCESS',
  'Content-Range: bytes 0-4/10',
  'Accept-Ranges: bytes',
  'Server: AmazonS3',
];

describe('The headers of a HEAD', () => {
  it.each([
    ['S3’s', PLAIN],
    ['few', ['ETag: "e"']],
    ['MinIO’s, two of them twice', [...PLAIN, 'Vary: Origin', 'Vary: Accept-Encoding', 'Server: MinIO']],
    ['beyond ASCII', [...PLAIN, 'x-amz-meta-a: \u00fc\u00ff', 'x-amz-meta-b: \u00c3\u00bc']],
    ['words of RFC 2047', [...PLAIN, 'x-amz-meta-a: =?UTF-8?B?w7w=?=']],
  ])('are read without the SDK: %s', async (_, headers) => {
    const { wire, sdk, isFallback } = await read(ways(), head, answerWith(200, '12345', headers));
    expect(wire).toMatchObject({ answer: { key: 'a' } });
    expect(wire).toEqual(sdk);
    expect(isFallback).toBe(false);
  });

  it.each([
    ['an ETag twice', 200, ['ETag: "1"', 'ETag: "2"']],
    ['metadata twice', 200, ['x-amz-meta-a: 1', 'x-amz-meta-a: 2']],
    ['a time of another form', 200, ['Last-Modified: Saturday, 31-Jan-26 12:00:00 GMT']],
    ['a time that is none', 200, ['Last-Modified: 2026']],
    ['a lock until a time of another form', 200, ['x-amz-object-lock-retain-until-date: 2030-01-31T12:00:00+01:00']],
    ['a count that is none', 200, ['x-amz-tagging-count: 1.5']],
    ['another status', 202, PLAIN],
    ['a refusal', 403, []],
    ['nothing there', 404, []],
  ])('are read by the SDK where they are otherwise: %s', async (_, status, headers) => {
    const { wire, sdk, isFallback } = await read(ways(), head, answerWith(status, '', headers));
    expect(wire).toEqual(sdk);
    expect(isFallback).toBe(true);
  });

  it('are the SDK’s, whatever is in them', async () => {
    const both = ways();
    const names = PLAIN.map((line) => line.slice(0, line.indexOf(':')));
    const byte = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9));
    const value = fc.oneof(
      fc.array(byte, { maxLength: 8 }).map((bytes) => String.fromCharCode(...bytes)),
      fc.constantFrom('', '0', '-1', '007', '1e3', ' 1 ', '9'.repeat(15), '9'.repeat(20), 'true', 'ON', '"a"b"'),
      fc.constantFrom(
        'Sat, 31 Jan 2026 12:00:00 GMT',
        'Sat, 31 Jan 2026 12:00:60 GMT',
        'Sat, 32 Jan 2026 12:00:00 GMT',
        'Sun, 31 Feb 2026 12:00:00 GMT',
        'sat, 31 jan 2026 12:00:00 gmt',
        'Sat, 31 Jan 0026 12:00:00 GMT',
        'Sat, 31 Jan 2026 12:00:00.123 GMT',
        'Sat Jan 31 12:00:00 2026',
        '2030-01-31T12:00:00Z',
        '2030-02-31T23:59:59.999Z',
        '2030-01-31T24:00:00Z',
      ),
    );
    const line = fc
      .tuple(fc.oneof(fc.constantFrom(...names), fc.stringMatching(/^x-amz-meta-[\w!#$%&'*+.^`|~-]{0,6}$/)), value)
      // An empty Expires keeps the SDK from reading the others; over the wire it is what it says.
      .filter(([name, value]) => name !== 'Expires' || value.trim() !== '')
      .map(([name, value]) => `${name}: ${value}`);
    let own = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(PLAIN),
        fc.array(line, { maxLength: 3 }),
        fc.boolean(),
        async (usual, odd, isInstead) => {
          const named = new Set(odd.map((each) => each.split(':')[0]?.toLowerCase()));
          const kept = isInstead ? usual.filter((each) => !named.has(each.split(':')[0]?.toLowerCase())) : usual;
          const { wire, sdk, isFallback } = await read(both, head, answerWith(200, '12345', [...kept, ...odd]));
          if (!isFallback) own += 1;
          expect(wire).toEqual(sdk);
        },
      ),
      OPTIONS,
    );
    expect(own).toBeGreaterThan(100);
  });
});

function ways(): BothWays {
  return bothWays(raw().connection);
}
