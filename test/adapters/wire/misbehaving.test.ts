import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { bucketPairs } from '../../../adapters/ports.js';
import { environment } from '../../../contracts/environment.js';
import type { BucketPair } from '../../../core/ports.js';
import { bothWays, DESTINATION, ending, SOURCE, type BothWays } from './both-ways.js';
import { answerRaw, answerRawAndEnd, answerWith, errorBody, useRawS3, type RawAnswer } from './raw-s3.js';

const raw = useRawS3();

const RESULT =
  '<?xml version="1.0" encoding="UTF-8"?>\n<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>2026-01-31T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>';
const PAGE =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>a</Key><LastModified>2026-01-31T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>';
const REGION = 'x-amz-bucket-region: eu-west-3';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const CALLS: [string, (pair: BucketPair) => Promise<unknown>][] = [
  [
    'a copy',
    (pair) => pair.copy({ source: { key: 'a', etag: 'e' }, destination: { key: 'a', etag: undefined }, object: {} }),
  ],
  ['a page', (pair) => pair.listDestination('', '')],
  ['a HEAD', (pair) => pair.headDestination('a')],
];

/** By the assembly that the handlers use, and by the SDK alone. */
function ways(): Pick<BothWays, 'wire' | 'sdk'> {
  const { connection } = raw();
  const settings = environment.parse({
    BACKFILL_PAIR: 'pair',
    BACKFILL_WORK_BUCKET: 'work',
    BACKFILL_FAILURE_TABLE: 'failures',
    BACKFILL_RECONCILIATIONS: 'reconciliations',
  });
  const { pair } = bucketPairs({ environment: settings, services: connection, objects: connection });
  return { wire: pair(SOURCE, DESTINATION), sdk: bothWays(connection).sdk };
}

describe.each<[string, RawAnswer]>([
  ['a result', answerWith(200, RESULT)],
  ['a page', answerWith(200, PAGE)],
  ['a version', answerWith(200, RESULT, ['x-amz-version-id: v1'])],
  ['two versions', answerWith(200, RESULT, ['x-amz-version-id: v1', 'x-amz-version-id: v2'])],
  ['nothing', answerWith(200)],
  ['only space', answerWith(200, '\n \n')],
  ['space, and then a result', answerWith(200, ` \n\n${RESULT.replace('?>', '?>\n \n')}`)],
  ['space, and then an error', answerWith(200, `\n\n${errorBody('SlowDown')}`)],
  ['an error: InternalError', answerWith(200, errorBody('InternalError'))],
  ['an error: SlowDown', answerWith(200, errorBody('SlowDown'))],
  ['an error: AccessDenied', answerWith(200, errorBody('AccessDenied'))],
  ['an error: an unknown one', answerWith(200, errorBody('Unheard'))],
  ['a document that is cut off', answerWith(200, RESULT.slice(0, -30))],
  ['a page that is cut off', answerWith(200, PAGE.slice(0, -30))],
  ['a result and then something else', answerWith(200, `${RESULT}<Error/>`)],
  ['a result without an ETag', answerWith(200, RESULT.replace(/<ETag>.*<.ETag>/, ''))],
  ['a result with two ETags', answerWith(200, RESULT.replace(/(<ETag>.*<.ETag>)/, '$1$1'))],
  ['a result of a time that is none', answerWith(200, RESULT.replace('2026', 'then'))],
  ['a result whose ETag is in no quotes', answerWith(200, RESULT.replaceAll('&quot;', ''))],
  ['another document', answerWith(200, '<html><body>busy</body></html>')],
  ['no document', answerWith(200, 'busy')],
  ['201', answerWith(201, RESULT)],
  ['204', answerRaw('HTTP/1.1 204 No Content\r\n\r\n')],
  ['206', answerWith(206, PAGE)],
  ['301, and to where', answerWith(301, errorBody('PermanentRedirect'), [REGION])],
  ['301, and not to where', answerWith(301, errorBody('PermanentRedirect'))],
  ['301 without a body', answerWith(301, '', [REGION])],
  ['304', answerRaw('HTTP/1.1 304 Not Modified\r\n\r\n')],
  ['307', answerWith(307, errorBody('TemporaryRedirect'), ['location: http://127.0.0.1:9/', REGION])],
  ['400, the Region is another', answerWith(400, errorBody('AuthorizationHeaderMalformed'), [REGION])],
  ['400 for a reason', answerWith(400, errorBody('IllegalLocationConstraintException'), [REGION])],
  ['400, the token has expired', answerWith(400, errorBody('ExpiredToken'))],
  ['403', answerWith(403, errorBody('AccessDenied'))],
  [
    '403, the clock is wrong',
    answerWith(403, errorBody('RequestTimeTooSkewed'), ['date: Sat, 31 Jan 2026 12:00:00 GMT']),
  ],
  ['404 of the object', answerWith(404, errorBody('NoSuchKey'))],
  ['404 of the bucket', answerWith(404, errorBody('NoSuchBucket'))],
  ['405 of a delete marker', answerWith(405, errorBody('MethodNotAllowed'), ['x-amz-delete-marker: true'])],
  ['409', answerWith(409, errorBody('OperationAborted'))],
  ['412', answerWith(412, errorBody('PreconditionFailed'))],
  ['429', answerWith(429, errorBody('TooManyRequests'))],
  ['500', answerWith(500, errorBody('InternalError'))],
  ['500 in HTML', answerWith(500, '<html><body><h1>500</h1></body></html>')],
  ['502', answerWith(502, 'Bad Gateway')],
  ['503', answerWith(503, errorBody('SlowDown'))],
  ['503 without a body', answerWith(503)],
  ['501', answerWith(501, errorBody('NotImplemented'))],
  ['a status that is none', answerWith(999, RESULT)],
  [
    'hints first',
    answerRaw('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'),
  ],
  [
    'pieces',
    answerRaw(
      `${CHUNKED}5\r\n${RESULT.slice(0, 5)}\r\n`,
      `${(RESULT.length - 5).toString(16)}\r\n${RESULT.slice(5)}\r\n0\r\n\r\n`,
    ),
  ],
  ['pieces that end early', answerRawAndEnd(`${CHUNKED}ff\r\n${RESULT.slice(0, 5)}`)],
  ['pieces of no length', answerRawAndEnd(`${CHUNKED}zz\r\n${RESULT}\r\n`)],
  ['less than it says', answerRawAndEnd(`HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n${RESULT}`)],
  ['all until it closes', answerRawAndEnd(`HTTP/1.0 200 OK\r\n\r\n${RESULT}`)],
  ['two lengths', answerRaw(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\n${RESULT}`)],
  ['headers, and then no more', answerRawAndEnd('HTTP/1.1 200 OK\r\netag: "e"\r\n')],
  ['what is not HTTP', answerRaw('SSH-2.0-OpenSSH_9.6\r\n')],
  ['half a line', answerRawAndEnd('HTTP/1')],
  ['nothing, and closes', (socket) => void socket.end()],
  ['nothing, and breaks', (socket) => void socket.destroy()],
  ['nothing, and resets', (socket) => void socket.resetAndDestroy()],
  ['headers without end', answerRaw(`HTTP/1.1 200 OK\r\nx-amz-meta-a: ${'a'.repeat(70_000)}\r\n\r\n`)],
  ['a header that is none', answerRaw('HTTP/1.1 200 OK\r\nno header\r\n\r\n')],
  ['an answer that is packed', answerWith(200, gzipSync(PAGE), ['content-encoding: gzip'])],
  ['an error that is packed', answerWith(403, gzipSync(errorBody('AccessDenied')), ['content-encoding: gzip'])],
  ['a page of another encoding', answerWith(200, Buffer.from(PAGE, 'utf16le'))],
  [
    'headers twice',
    answerWith(200, PAGE, ['etag: "1"', 'etag: "2"', 'x-amz-storage-class: A', 'x-amz-storage-class: B']),
  ],
  ['metadata twice', answerWith(200, PAGE, ['x-amz-meta-a: 1', 'X-Amz-Meta-A: 2'])],
  ['metadata beyond ASCII', answerWith(200, PAGE, ['x-amz-meta-a: \u00fc\u00e9', 'x-amz-meta-b: \u00c3\u00bc \u00ff'])],
  [
    'metadata of odd names',
    answerWith(200, PAGE, ['x-amz-meta-: 1', 'x-amz-meta-__proto__: 2', '__proto__: 3', 'constructor: 4']),
  ],
  ['a time that is none', answerWith(200, PAGE, ['last-modified: then'])],
  ['an hour that is none', answerWith(200, PAGE, ['last-modified: Sat, 31 Jan 2026 24:00:00 GMT'])],
  ['a time of another form', answerWith(200, PAGE, ['last-modified: Saturday, 31-Jan-26 12:00:00 GMT'])],
  ['a time of a lock that is none', answerWith(200, PAGE, ['x-amz-object-lock-retain-until-date: 2026-01-31'])],
  ['numbers that are none', answerWith(200, PAGE, ['x-amz-tagging-count: many', 'x-amz-mp-parts-count: -1'])],
  ['Expires that is no time', answerWith(200, PAGE, ['expires: 0'])],
])('%s', (_, answer) => {
  it.each(CALLS)('to %s ends as it does by the SDK', async (_, call) => {
    const { wire, sdk } = ways();
    raw().answer(answer);
    const ours = await ending(() => call(wire));
    expect(raw().requests[0]?.headers['user-agent']).toBe('s3-backfill');
    const asked = raw().requests.length;
    raw().answer(answer);
    expect(ours).toEqual(await ending(() => call(sdk)));
    // Neither more often than the SDK asks: what has come is not asked for again.
    expect(asked).toBe(raw().requests.length);
  });
});
