import { Sha256 } from '@aws-crypto/sha256-js';
import { describe, expect, it } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { authorization, Signer, signingKey, type Signable } from '../../../adapters/s3/wire/signature.js';
import { encodeComponent, encodePath } from '../../../adapters/s3/wire/uri.js';
import { anyKey, longKey } from '../../property/keys.js';

const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('A request without a body, signed as the SDK signs it', () => {
  const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  const secret = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
  const scope = fc.record({
    region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'x'),
    service: fc.constantFrom('s3', 's3-outposts', 's3-object-lambda'),
    now: fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
  });
  const credentials = fc.record(
    { accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/), secretAccessKey: secret, sessionToken: printable },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  );
  const request = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'PUT'),
    key: fc.oneof({ weight: 8, arbitrary: anyKey }, { weight: 1, arbitrary: longKey }),
    base: fc.constantFrom('', '/bucket', '/a.dotted.bucket', '/base/bucket'),
    host: fc.constantFrom(
      'bucket.s3.amazonaws.com',
      's3.eu-central-1.amazonaws.com',
      'bucket.s3.dualstack.eu-central-1.amazonaws.com',
      'bucket.s3-fips.us-gov-west-1.amazonaws.com',
      'bucket.s3.cn-north-1.amazonaws.com.cn',
      'point-123456789012.s3-accesspoint.us-west-2.amazonaws.com',
      '127.0.0.1:9000',
      '[::1]:9000',
    ),
    query: fc.dictionary(
      fc.oneof(fc.constantFrom('list-type', 'prefix', 'start-after', 'continuation-token', 'versionId'), anyKey),
      anyKey,
      { maxKeys: 5 },
    ),
    headers: fc.dictionary(
      fc.oneof(
        fc.constantFrom('x-amz-copy-source', 'x-amz-acl', 'if-none-match', 'x-amz-checksum-mode'),
        fc.stringMatching(/^x-amz-[a-z0-9-]{1,12}$/),
      ),
      fc.oneof(printable, fc.string({ unit: fc.constantFrom(' ', '\t', 'a', '"', ',') })),
      { maxKeys: 6 },
    ),
  });

  it('is signed the same, whatever is in it', async () => {
    const signers = new Map<string, Signer>();
    await fc.assert(
      fc.asyncProperty(request, credentials, scope, async (request, credentials, { region, service, now }) => {
        const path = `${request.base}/${encodePath(request.key)}`;
        const headers = { ...request.headers, host: request.host };
        const query = Object.entries(request.query).map(
          ([name, value]) => [encodeComponent(name), encodeComponent(value)] as const,
        );
        const sdk = new SignatureV4({ credentials, region, service, sha256: Sha256, uriEscapePath: false });
        const theirs = await sdk.sign(
          {
            method: request.method,
            protocol: 'https:',
            hostname: request.host,
            path,
            query: request.query,
            headers: { ...headers, 'x-amz-content-sha256': HASH_OF_NOTHING },
          },
          { signingDate: now },
        );
        // One that has signed others already, for other credentials and days.
        const signer = signers.get(`${region} ${service}`) ?? new Signer(region, service);
        signers.set(`${region} ${service}`, signer);
        const ours = signer.sign({ method: request.method, path, query, headers }, credentials, now.getTime());
        expect(ours).toEqual(theirs.headers);
      }),
      { seed: 20_260_131, numRuns: 3000 },
    );
  });
});

/** Source: Amazon S3 API Reference, "Authenticating Requests (Authorization Header)": the examples without a body. */
describe('The examples of S3’s documentation', () => {
  const credentials = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  it.each<[string, Pick<Signable, 'path' | 'query'>, Record<string, string>, string]>([
    [
      'GET Object',
      { path: '/test.txt', query: [] },
      { range: 'bytes=0-9' },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'GET Bucket Lifecycle',
      { path: '/', query: [['lifecycle', '']] },
      {},
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'Get Bucket (List Objects)',
      {
        path: '/',
        query: [
          ['max-keys', '2'],
          ['prefix', 'J'],
        ],
      },
      {},
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('%s', (_, request, headers, signature) => {
    const host = 'examplebucket.s3.amazonaws.com';
    const signed = new Signer('us-east-1').sign(
      { method: 'GET', ...request, headers: { ...headers, host } },
      credentials,
      Date.parse('2013-05-24T00:00:00Z'),
    );
    const names = [...Object.keys(headers), 'host', 'x-amz-content-sha256', 'x-amz-date'].toSorted().join(';');
    expect(signed['authorization']).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
  });
});

/**
 * Cases of AWS's signing test suite: request, further headers, signature. Left out are those that S3's signatures do not
 * have: `-normalized` where the path differs (S3 signs paths as they are), and the two of `post-x-www-form-urlencoded` (a
 * body); of one signature under several names, one.
 * Source: awslabs/aws-c-auth, tests/aws-signing-test-suite/v4.
 */
describe('The cases of AWS’s signing test suite', () => {
  const ALPHABET = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const TOKEN =
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

  it.each<[string, string, Record<string, string>, string]>([
    ['get-vanilla', 'GET /', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-header-key-duplicate',
      'GET /',
      { 'my-header1': 'value2,value2,value1' },
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    ],
    [
      'get-header-value-multiline',
      'GET /',
      { 'my-header1': 'value1  value2     value3' },
      'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
    ],
    [
      'get-header-value-order',
      'GET /',
      { 'my-header1': 'value4,value1,value3,value2' },
      '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    ],
    [
      'get-header-value-trim',
      'GET /',
      { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'get-relative-relative-unnormalized',
      'GET /example1/example2/../..',
      {},
      'dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b',
    ],
    [
      'get-relative-unnormalized',
      'GET /example/..',
      {},
      'eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282',
    ],
    [
      'get-slash-dot-slash-unnormalized',
      'GET /./',
      {},
      '68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145',
    ],
    [
      'get-slash-pointless-dot-unnormalized',
      'GET /./example',
      {},
      'beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff',
    ],
    ['get-slash-unnormalized', 'GET //', {}, 'c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e'],
    [
      'get-slashes-unnormalized',
      'GET //example//',
      {},
      '87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5',
    ],
    [
      'get-space-unnormalized',
      'GET /example space/',
      {},
      '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    ],
    ['get-unreserved', `GET /${ALPHABET}`, {}, '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f'],
    ['get-utf8', 'GET /ሴ', {}, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    [
      'get-vanilla-empty-query-key',
      'GET /?Param1=value1',
      {},
      'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
    ],
    [
      'get-vanilla-query-order-encoded',
      'GET /?Param-3=Value3&Param=Value2&ሴ=Value1',
      {},
      '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET /?Param2=value2&Param1=value1',
      {},
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-query-unreserved',
      `GET /?${ALPHABET}=${ALPHABET}`,
      {},
      '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    ],
    ['get-vanilla-utf8-query', 'GET /?ሴ=bar', {}, '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
    [
      'get-vanilla-with-session-token',
      'GET /',
      { 'x-amz-security-token': '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267' },
      '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    ],
    ['post-vanilla', 'POST /', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-header-key-sort',
      'POST /',
      { 'my-header1': 'value1' },
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'post-header-value-case',
      'POST /',
      { 'my-header1': 'VALUE1' },
      'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    ],
    [
      'post-sts-header-before',
      'POST /',
      { 'x-amz-security-token': TOKEN },
      '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    ],
    [
      'post-vanilla-query',
      'POST /?Param1=value1',
      {},
      '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    ],
  ])('%s', (_, request, headers, signature) => {
    const [, method = '', path = '', search = ''] = /^(\w+) ([^?]*)\??(.*)$/.exec(request) ?? [];
    const parameters = search === '' ? [] : search.split('&').map((each) => each.split('='));
    const scope = ['20150830', 'us-east-1', 'service', 'aws4_request'];
    const header = authorization(
      {
        method,
        path: encodePath(path),
        query: parameters.map(([name = '', value = '']) => [encodeComponent(name), encodeComponent(value)]),
        headers: { ...headers, host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' },
      },
      {
        accessKeyId: 'AKIDEXAMPLE',
        timestamp: '20150830T123600Z',
        scope: scope.join('/'),
        key: signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope),
      },
    );
    expect(header.split('Signature=')[1]).toBe(signature);
  });
});
