import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { GetObjectCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { parseAmzDate } from '../../../local/http/signature-claim.js';
import { type SignatureScope, verifySignature } from '../../../local/http/signature-v4.js';
import { decodePercent, encodePath, normalizePath, parseQuery, splitTarget } from '../../../local/http/uri.js';
import { KEY, REGION, refusal, signer, useS3 } from './support/server.js';

const NOW = Date.parse('2024-05-01T12:00:00Z');
const scope: SignatureScope = {
  region: REGION,
  service: 's3',
  credentials: new Map([[KEY.accessKeyId, KEY]]),
  now: NOW,
};
const HASH = createHash('sha256').update('').digest('hex');

/** As the SDK's presigner for S3 does it: whoever presigns does not know the body. */
const UNSIGNED = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };

interface Signed {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
}

/** A signed request as the server sees it: the query of a presigned one is written as a URL has it. */
function received({ method, path, query = {}, headers }: Signed) {
  const search = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((text) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`),
  );
  return { method, path, query: parseQuery(search.join('&')) ?? [], headers };
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const request = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE'),
  path: text.map((key) => `/bucket/${encodePath(key)}`),
  query: fc.dictionary(
    fc.string({ unit: fc.constantFrom('a', 'b', '-', '+', ' ', 'ü', '=', '&', '~'), minLength: 1, maxLength: 4 }),
    text,
    { maxKeys: 4 },
  ),
  headers: fc.dictionary(
    fc.constantFrom('x-amz-meta-a', 'x-amz-meta-b', 'content-type', 'range'),
    fc.string({ unit: fc.constantFrom('x', 'y', ' ', ','), maxLength: 8 }),
    { maxKeys: 3 },
  ),
});

describe('signatures, against the signer of the SDK', () => {
  it('a request that the SDK signs in its headers is believed', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ headers, ...rest }) => {
        const signed = await signer.sign(
          {
            ...rest,
            protocol: 'http:',
            hostname: 'h',
            headers: { ...headers, host: 'h:1', 'x-amz-content-sha256': HASH },
          },
          { signingDate: new Date(NOW) },
        );
        expect(verifySignature(received(signed as Signed), scope)).toMatchObject({
          kind: 'signed',
          signature: { payloadHash: HASH },
        });
      }),
      { numRuns: 150 },
    );
  });

  it('a URL that the SDK presigns is believed until it expires', async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.integer({ min: 1, max: 604_800 }), async ({ method, path, query }, expiresIn) => {
        const presigned = await signer.presign(
          { method, path, query, protocol: 'http:', hostname: 'h', headers: { host: 'h:1', ...UNSIGNED } },
          { signingDate: new Date(NOW), expiresIn },
        );
        const seen = received(presigned);
        expect(verifySignature(seen, scope).kind).toBe('signed');
        expect(verifySignature(seen, { ...scope, now: NOW + expiresIn * 1000 + 1 })).toMatchObject({
          kind: 'refused',
          refusal: { kind: 'expired' },
        });
      }),
      { numRuns: 100 },
    );
  });

  it('a request that was changed after it was signed is refused, whatever was changed', async () => {
    const changes = fc.constantFrom<(signed: Signed) => Signed>(
      (signed) => ({ ...signed, method: signed.method === 'GET' ? 'PUT' : 'GET' }),
      (signed) => ({ ...signed, path: `${signed.path}x` }),
      (signed) => ({ ...signed, query: { ...signed.query, added: '' } }),
      (signed) => ({
        ...signed,
        headers: { ...signed.headers, 'x-amz-meta-a': `${signed.headers['x-amz-meta-a'] ?? ''}z` },
      }),
      (signed) => ({ ...signed, headers: { ...signed.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      (signed) => ({ ...signed, headers: { ...signed.headers, host: 'other' } }),
      (signed) => ({ ...signed, headers: { ...signed.headers, 'x-amz-date': '20240501T120001Z' } }),
    );
    await fc.assert(
      fc.asyncProperty(request, changes, async ({ headers, ...rest }, change) => {
        const signed = await signer.sign(
          {
            ...rest,
            protocol: 'http:',
            hostname: 'h',
            headers: { ...headers, host: 'h:1', 'x-amz-content-sha256': HASH },
          },
          { signingDate: new Date(NOW) },
        );
        expect(verifySignature(received(change(signed as Signed)), scope).kind).toBe('refused');
      }),
    );
  });

  it('garbage in an Authorization header is refused, never an exception', () => {
    const piece = fc.constantFrom(
      'AWS4-HMAC-SHA256',
      ' ',
      'Credential=',
      'SignedHeaders=',
      'Signature=',
      ',',
      '/',
      'AKIDEXAMPLE',
      '20240501',
      REGION,
      's3',
      'aws4_request',
      'host',
      ';',
      'ff',
      '\u00ff',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), text, (pieces, date) => {
        const headers = { authorization: pieces.join(''), host: 'h', 'x-amz-date': date, 'x-amz-content-sha256': HASH };
        expect(verifySignature({ method: 'GET', path: '/', query: [], headers }, scope).kind).toBe('refused');
      }),
    );
  });
});

describe('targets', () => {
  it('every key survives its way through a path', () => {
    fc.assert(
      fc.property(text, (key) => {
        const path = encodePath(key);
        expect(decodePercent(path)).toBe(key);
        expect(normalizePath(path)).toBe(path);
      }),
    );
  });

  it('a path is left as it is: dots, double slashes and what looks like a host', () => {
    expect(splitTarget('/b/../x//y?a=b?c')).toEqual({ path: '/b/../x//y', query: 'a=b?c' });
    expect(splitTarget('http://proxy.example/b/../x?q')).toEqual({ path: '/b/../x', query: 'q' });
    expect(splitTarget('//b/x')).toEqual({ path: '//b/x', query: '' });
  });

  it('broken escapes and bytes that are no UTF-8 are told from keys', () => {
    for (const broken of ['%', '%2', '%zz', '%ff', '%c3', '%ed%a0%80', '\u00ff'])
      expect(decodePercent(broken)).toBeUndefined();
    expect(decodePercent('\u00c3\u00bc')).toBe('ü');
  });
});

describe('refusals, as S3 words them', () => {
  const server = useS3();
  beforeAll(() => {
    server().s3.createBucket('bucket');
    server().s3.putObject('bucket', 'key', Buffer.from('x'));
  });
  const signWith = (
    options: Partial<ConstructorParameters<typeof SignatureV4>[0]>,
    signingDate = new Date(),
    headers: Record<string, string> = {},
  ) =>
    new SignatureV4({
      service: 's3',
      region: REGION,
      credentials: KEY,
      sha256: Sha256,
      uriEscapePath: false,
      ...options,
    }).sign(
      {
        method: 'GET',
        path: '/bucket/key',
        protocol: 'http:',
        hostname: 'h',
        headers: { host: `127.0.0.1:${server().port}`, ...headers },
      },
      { signingDate },
    );
  const answerTo = async (headers: Record<string, string>, path = '/bucket/key') => {
    const { status, text: body } = await server().send({ path, headers });
    return `${status} ${/<Code>(.*?)<\/Code>/.exec(body)?.[1] ?? ''} ${/<Message>(.*?)<\/Message>/.exec(body)?.[1] ?? ''}`;
  };

  it('nobody is let in without a signature', async () => {
    expect(await answerTo({})).toBe('403 AccessDenied Access Denied');
  });

  it('an unknown key, a wrong secret, a wrong region and an unexpected token are told apart', async () => {
    const list = (config: object) => refusal(server().clientWith(config).send(new ListBucketsCommand({})));
    expect(await list({ credentials: { ...KEY, accessKeyId: 'AKIDOTHER' } })).toMatchObject({
      name: 'InvalidAccessKeyId',
      status: 403,
      AWSAccessKeyId: 'AKIDOTHER',
    });
    expect(await list({ credentials: { ...KEY, secretAccessKey: 'wrong' } })).toMatchObject({
      name: 'SignatureDoesNotMatch',
      status: 403,
      StringToSign: expect.stringContaining('AWS4-HMAC-SHA256'),
    });
    expect(await list({ region: 'us-west-2' })).toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      status: 400,
      Region: REGION,
      message: `The authorization header is malformed; the region 'us-west-2' is wrong; expecting '${REGION}'`,
    });
    expect(await list({ credentials: { ...KEY, sessionToken: 'surprise' } })).toMatchObject({
      name: 'InvalidToken',
      status: 400,
    });
  });

  it('a request of twenty minutes ago, or of another service, is refused', async () => {
    expect(await answerTo((await signWith({}, new Date(Date.now() - 20 * 60_000))).headers)).toMatch(
      /^403 RequestTimeTooSkewed/,
    );
    expect(await answerTo((await signWith({ service: 'sqs' })).headers)).toMatch(
      /^400 AuthorizationHeaderMalformed .*incorrect service/,
    );
  });

  it('headers of Amazon that came along unsigned are refused', async () => {
    const { headers } = await signWith({});
    expect(await answerTo({ ...headers, 'x-amz-meta-smuggled': '1' })).toBe(
      '403 AccessDenied There were headers present in the request which were not signed',
    );
  });

  it('what is missing, or of another time, is named', async () => {
    const { headers } = await signWith({});
    const { 'x-amz-content-sha256': _, ...withoutHash } = headers;
    expect(await answerTo(withoutHash)).toBe('400 MissingSecurityHeader Your request was missing a required header');
    expect(await answerTo({ ...headers, 'x-amz-date': 'today' })).toMatch(
      /^403 AccessDenied AWS authentication requires a valid Date/,
    );
    expect(await answerTo({ ...headers, authorization: 'AWS AKID:signature' })).toMatch(
      /^400 InvalidRequest .*Please use AWS4-HMAC-SHA256/,
    );
    expect(await answerTo({ ...headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' })).toMatch(
      /^400 AuthorizationHeaderMalformed/,
    );
  });

  it('a body that is not the one that was signed is refused', async () => {
    const headers = { 'x-amz-content-sha256': createHash('sha256').update('one').digest('hex') };
    const { status, text: body } = await server().sendSigned({
      method: 'PUT',
      path: '/bucket/key',
      headers,
      body: 'two',
    });
    expect([status, body]).toEqual([400, expect.stringContaining('XAmzContentSHA256Mismatch')]);
  });

  it('a presigned URL opens for anyone, until it is changed or too old', async () => {
    const presign = async (expiresIn: number, age = 0) => {
      const { path, query = {} } = await signer.presign(
        {
          method: 'GET',
          path: '/bucket/key',
          protocol: 'http:',
          hostname: 'h',
          headers: { host: `127.0.0.1:${server().port}`, ...UNSIGNED },
        },
        { expiresIn, signingDate: new Date(Date.now() - age) },
      );
      return `${path}?${Object.entries(query)
        .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
        .join('&')}`;
    };
    expect((await server().send({ path: await presign(60) })).text).toBe('x');
    expect(await answerTo({}, await presign(60, 61_000))).toBe('403 AccessDenied Request has expired');
    expect(await answerTo({}, `${await presign(60)}&versionId=null`)).toMatch(/^403 SignatureDoesNotMatch/);
    expect(await answerTo({}, (await presign(60)).replace('X-Amz-Expires=60', 'X-Amz-Expires=999999999'))).toMatch(
      /^400 AuthorizationQueryParametersError/,
    );
    expect(await answerTo({}, (await presign(60)).replace(/&X-Amz-Date=\w+/, ''))).toMatch(
      /^400 AuthorizationQueryParametersError/,
    );
  });

  it('headers that a presigned URL carries in its query count as if they were sent', async () => {
    const {
      path,
      query = {},
      headers,
    } = await signer.presign(
      {
        method: 'PUT',
        path: '/bucket/presigned',
        protocol: 'http:',
        hostname: 'h',
        headers: {
          host: `127.0.0.1:${server().port}`,
          'x-amz-meta-a': 'b c',
          'x-amz-storage-class': 'GLACIER_IR',
          'x-amz-checksum-crc32': 'NhCmhg==',
          ...UNSIGNED,
        },
      },
      { expiresIn: 60 },
    );
    expect(Object.keys(headers)).toEqual(['host']);
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
    const put = (body: string) => server().send({ method: 'PUT', path: `${path}?${search.join('&')}`, body });
    expect((await put('other')).text).toContain('<Code>BadDigest</Code>');
    expect((await put('hello')).status).toBe(200);
    const stored = server().s3.getObject('bucket', 'presigned');
    expect([stored?.headers.get('x-amz-meta-a'), stored?.storageClass]).toEqual(['b c', 'GLACIER_IR']);
  });

  it('temporary credentials need their token', async () => {
    const temporary = { ...KEY, accessKeyId: 'ASIATEMP', sessionToken: 'token' };
    const known = { ...scope, credentials: new Map([[temporary.accessKeyId, temporary]]) };
    const sign = (credentials: object) =>
      new SignatureV4({
        service: 's3',
        region: REGION,
        credentials: credentials as typeof temporary,
        sha256: Sha256,
        uriEscapePath: false,
      }).sign(
        { method: 'GET', path: '/', protocol: 'http:', hostname: 'h', headers: { host: 'h' } },
        { signingDate: new Date(NOW) },
      );
    expect(verifySignature(received((await sign(temporary)) as Signed), known).kind).toBe('signed');
    expect(
      verifySignature(received((await sign({ ...temporary, sessionToken: undefined })) as Signed), known),
    ).toMatchObject({ refusal: { kind: 'unknownKey' } });
    expect(
      verifySignature(received((await sign({ ...temporary, sessionToken: 'old' })) as Signed), known),
    ).toMatchObject({ refusal: { kind: 'invalidToken' } });
  });

  it('the answer tells the time by which signatures are judged', async () => {
    const { headers } = await server().send({ path: '/' });
    expect(Math.abs(Date.parse(String(headers['date'])) - Date.now())).toBeLessThan(60_000);
    expect(parseAmzDate('20240501T120000Z')).toBe(NOW);
  });

  it("the SDK's presigned requests and its plain ones read the same object", async () => {
    expect(
      await (
        await server().client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }))
      ).Body?.transformToString(),
    ).toBe('x');
  });
});
