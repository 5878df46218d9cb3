import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type XmlElement, readXml } from '../../../local/http/xml-reader.js';
import { escapeXml } from '../../../local/http/xml.js';
import { signer, useS3 } from './support/server.js';

const server = useS3();
// Some of what follows removes the bucket.
beforeEach(() => {
  server().s3.createBucket('bucket', { objectLock: true, ownership: 'ObjectWriter' });
  server().s3.putObject('bucket', 'key', Buffer.from('x'));
});

/** Every answer is one of S3: a status that it has and, where it is an error, its XML. */
function expectAnswer(
  { status, text, headers }: { status: number; text: string; headers: Record<string, unknown> },
  method: string,
): void {
  expect([200, 204, 206, 304, 400, 403, 404, 405, 409, 411, 412, 416, 501]).toContain(status);
  expect(headers['x-amz-request-id']).toMatch(/^EMBEDDED/);
  if (status < 400 || method === 'HEAD') return;
  // S3 writes what XML cannot hold as a reference all the same; our reader takes all of them but this one.
  const error = readXml(text.replaceAll('&#x0;', ''));
  expect(error?.name).toBe('Error');
  expect(error?.children.map((child) => child.name)).toEqual(
    expect.arrayContaining(['Code', 'Message', 'RequestId', 'HostId']),
  );
}

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '-1', '0', '1e9', '99999999999999999999', '../', '%00', 'null', '\u0000', '"', '*'),
);
const headerText = fc
  .string({
    unit: fc.constantFrom('a', '0', '-', '=', ',', '"', ' ', '*', '\u00fc', '/', '%', '?', ';', ':'),
    maxLength: 12,
  })
  .map((text) => text.trim());

/** Subresources whose XML is put, not posted. */
const PUTS = ['tagging', 'retention', 'legal-hold', 'acl'];

describe('hostile requests', () => {
  it('whatever signed query comes, it is answered as S3 answers', async () => {
    const names = fc.constantFrom(
      'list-type',
      'prefix',
      'delimiter',
      'max-keys',
      'start-after',
      'continuation-token',
      'marker',
      'encoding-type',
      'versionId',
      'partNumber',
      'uploadId',
      'uploads',
      'tagging',
      'delete',
      'versions',
      'acl',
      'key-marker',
      'upload-id-marker',
      'max-parts',
      'attributes',
      'restore',
      'retention',
      'legal-hold',
      'object-lock',
      'website',
      'ownershipControls',
      'publicAccessBlock',
      'response-content-type',
      'x-id',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE'),
        fc.constantFrom('/', '/bucket', '/bucket/key', '/bucket/new', '/nowhere/x'),
        fc.dictionary(names, odd, { maxKeys: 4 }),
        odd,
        async (method, path, query, body) => {
          const withBody = method === 'PUT' || method === 'POST';
          expectAnswer(await server().sendSigned({ method, path, query, ...(withBody && { body }) }), method);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('whatever headers come, they are answered as S3 answers', async () => {
    const names = fc.constantFrom(
      'range',
      'if-match',
      'if-none-match',
      'if-modified-since',
      'x-amz-copy-source',
      'x-amz-copy-source-range',
      'x-amz-metadata-directive',
      'x-amz-storage-class',
      'x-amz-tagging',
      'x-amz-acl',
      'x-amz-grant-read',
      'x-amz-meta-a',
      'x-amz-checksum-crc32',
      'x-amz-checksum-algorithm',
      'x-amz-sdk-checksum-algorithm',
      'content-md5',
      'x-amz-decoded-content-length',
      'x-amz-trailer',
      'content-encoding',
      'x-amz-object-attributes',
      'x-amz-max-parts',
      'x-amz-expected-bucket-owner',
      'x-amz-server-side-encryption',
      'x-amz-object-lock-mode',
      'x-amz-object-lock-retain-until-date',
      'x-amz-object-lock-legal-hold',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE'),
        fc.constantFrom<Record<string, string>>({}, { uploads: '' }, { attributes: '' }),
        fc.dictionary(names, headerText, { maxKeys: 4 }),
        async (method, query, headers) => {
          const withBody = method === 'PUT' || method === 'POST';
          expectAnswer(
            await server().sendSigned({
              method,
              path: '/bucket/fuzzed',
              query,
              headers,
              ...(withBody && { body: 'body' }),
            }),
            method,
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('whatever path comes unsigned, it is answered as S3 answers', async () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '..',
      '%',
      '%2',
      '%zz',
      '%ff',
      '%00',
      '%2F',
      '?',
      '&',
      '=',
      '+',
      'a',
      'bucket',
      'X-Amz-Algorithm=AWS4-HMAC-SHA256',
      '&X-Amz-Expires=-1',
      ';',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        expectAnswer(await server().send({ path: `/${pieces.join('')}` }), 'GET');
      }),
      { numRuns: 150 },
    );
  });

  it('whatever XML comes, it is answered as S3 answers', async () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      'Delete',
      'Object',
      'Key',
      '<Key>k</Key>',
      '<Object>',
      '</Object>',
      '<Delete>',
      '</Delete>',
      '&amp;',
      '&#0;',
      '&#x110000;',
      '&bomb;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<!DOCTYPE a>',
      '<?xml?>',
      ' a="b"',
      "'",
      '\u0000',
      'ü',
      'AccessControlPolicy',
      'Retention',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 25 }),
        fc.constantFrom<Record<string, string>>(
          { delete: '' },
          { uploadId: 'u' },
          { tagging: '' },
          { restore: '' },
          { retention: '' },
          { 'legal-hold': '' },
          { acl: '' },
        ),
        async (pieces, query) => {
          const body = pieces.join('');
          const method = PUTS.some((name) => name in query) ? 'PUT' : 'POST';
          const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
          expectAnswer(
            await server().sendSigned({
              method,
              path: 'delete' in query ? '/bucket' : '/bucket/key',
              query,
              headers,
              body,
            }),
            method,
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a client that goes away in the middle of its body leaves nothing behind', async () => {
    const { port, s3 } = server();
    const { headers } = await signer.sign({
      method: 'PUT',
      path: '/bucket/half',
      protocol: 'http:',
      hostname: 'h',
      headers: { host: `127.0.0.1:${port}`, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    });
    const socket = connect(port, '127.0.0.1');
    const lines = Object.entries({ ...headers, 'content-length': '1000' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    socket.write(`PUT /bucket/half HTTP/1.1\r\n${lines.join('')}\r\nonly this`);
    await new Promise((resolve) => {
      s3.faults.add({ operation: 'PutObject', key: 'half', effect: { call: () => void socket.destroy() } });
      socket.on('close', resolve);
    });
    await server().sendSigned({ path: '/bucket/key' });
    s3.faults.clear();
    expect(s3.getObject('bucket', 'half')).toBeUndefined();
  });

  it('a body above what S3 takes at once is refused before it is read', async () => {
    const { status, text } = await server().sendSigned({
      method: 'PUT',
      path: '/bucket/huge',
      headers: { 'content-length': String(6 * 1024 ** 3) },
    });
    expect([status, text]).toEqual([400, expect.stringContaining('<Code>EntityTooLarge</Code>')]);
  });
});

describe('XML', () => {
  const name = fc.constantFrom('Key', 'Object', 'a', 'b-c', 'd.e');
  const content = fc
    .string({ unit: 'binary', maxLength: 8 })
    .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));
  const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
    element: fc.record({
      name,
      text: content,
      children: fc.oneof({ maxDepth: 3 }, fc.constant<XmlElement[]>([]), fc.array(tie('element'), { maxLength: 3 })),
    }),
  }));
  const write = ({ name, text, children }: XmlElement): string =>
    `<${name} xmlns="x" a='1'>${escapeXml(text)}${children.map(write).join('<!-- - -->')}</${name}>`;

  it('what was written is read', () => {
    fc.assert(
      fc.property(element, (document) =>
        expect(readXml(`\ufeff<?xml version="1.0"?>\n${write(document)}\n`)).toEqual(document),
      ),
    );
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a b></a>',
    '<a b="<"/>',
    '<a>&unknown;</a>',
    '<a>&</a>',
    '<!DOCTYPE a><a/>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '</a>',
    '<a/',
    `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  ])('%j is no document', (document) => {
    expect(readXml(document)).toBeUndefined();
  });

  it('a megabyte of nonsense is refused at once', () => {
    for (const nonsense of ['<a ', '<a a="', '&', '<!--', '<a>', ' ', '<a x="1"'])
      expect(readXml(nonsense.repeat(200_000))).toBeUndefined();
  });
});
