import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketSide } from '../../../adapters/s3/bucket-side.js';
import { createS3Client, wireConnections } from '../../../adapters/s3/client.js';
import { listObjects } from '../../../adapters/s3/wire/list-objects.js';
import { readListPage, type ListedPage } from '../../../adapters/s3/wire/list-page.js';
import { anyKey } from '../../property/keys.js';
import { bySdkAlone } from './both-ways.js';

/** The SDK, for which every server answers the same document. */
let document: Uint8Array = Buffer.alloc(0);
const client = createS3Client(
  { region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
  1,
  1,
  {
    requestHandler: {
      handle: () =>
        Promise.resolve({
          response: new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([document]) }),
        }),
    },
  },
);
const side = bySdkAlone(bucketSide(client, { bucket: 'photos' }, wireConnections()));

function readBySdk(body: Buffer): Promise<ListedPage> {
  document = body;
  return listObjects(side, { prefix: '', after: '' });
}

const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const FIELDS =
  '<Key>a%2Bb+c.jpg</Key><LastModified>2026-01-31T12:00:00.000Z</LastModified><ETag>&quot;0a1b-2&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size><StorageClass>STANDARD_IA</StorageClass>';
const OBJECT = `<Contents>${FIELDS}</Contents>`;
const HEAD =
  '<Name>photos</Name><Prefix></Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>';

function page(inside: string, { prolog = PROLOG, root = NAMESPACE } = {}): string {
  return `${prolog}<ListBucketResult${root}>${inside}</ListBucketResult>`;
}

const STATE = { key: 'a+b c.jpg', size: 5, etag: '0a1b-2', lastModified: Date.parse('2026-01-31T12:00:00Z') };

describe('A page in the form in which servers write it is read without an XML parser', () => {
  it.each<[string, string]>([
    ['S3’s', page(HEAD + OBJECT)],
    [
      'S3’s, a first one of many',
      page(HEAD.replace('false', 'true') + OBJECT + '<NextContinuationToken>1Oq/+v=</NextContinuationToken>'),
    ],
    [
      'S3’s, one that goes on',
      page(`${HEAD}<ContinuationToken>1a=</ContinuationToken><StartAfter>a&amp;b</StartAfter>${OBJECT}`),
    ],
    ['S3’s, empty', page(HEAD)],
    ['MinIO’s', page(HEAD + OBJECT.replaceAll('&quot;', '"').replace(/<Checksum.*Type>/, ''))],
    ['MinIO’s, with keys in plain', page(HEAD + OBJECT.replace('a%2Bb+c.jpg', 'a/b/c.jpg'))],
    ['Ceph’s', page(HEAD + OBJECT.replace('.000Z', '.123Z'), { prolog: '<?xml version="1.0" encoding="UTF-8"?>' })],
    ['one without a prolog', page(HEAD + OBJECT, { prolog: '' })],
    ['one without a namespace', page(HEAD + OBJECT, { root: '' })],
    ['one without a storage class', page(HEAD + OBJECT.replace(/<StorageClass.*Class>/, ''))],
    ['one with a line end behind it', `${page(HEAD + OBJECT)}\n`],
    ['one whose objects come first', page(OBJECT + HEAD)],
    ['one with what is not asked for', page(`${HEAD}<RequestCharged>requester</RequestCharged>${OBJECT}`)],
    ['one with a prefix beyond ASCII', page(`${HEAD.replace('<Prefix>', '<Prefix>ü😀')}${OBJECT}`)],
  ])('%s', async (_, text) => {
    const read = readListPage(Buffer.from(text));
    expect(read).toEqual(await readBySdk(Buffer.from(text)));
    expect(read).toMatchObject({
      objects: text.includes('<Contents>') ? [{ size: STATE.size, etag: STATE.etag }] : [],
    });
  });

  it('what is in it is what it says', () => {
    expect(readListPage(Buffer.from(page(HEAD + OBJECT)))).toEqual({
      objects: [{ ...STATE, storageClass: 'STANDARD_IA' }],
      isTruncated: false,
      token: undefined,
    });
  });
});

describe('Whatever is otherwise is left to the parser', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['another document', '<Error><Code>SlowDown</Code></Error>'],
    ['another version of XML', page(HEAD + OBJECT, { prolog: '<?xml version="1.1" encoding="UTF-8"?>' })],
    ['another encoding', page(HEAD + OBJECT, { prolog: '<?xml version="1.0" encoding="ISO-8859-1"?>' })],
    ['a byte order mark', `\ufeff${page(HEAD + OBJECT)}`],
    ['space first', ` ${page(HEAD + OBJECT)}`],
    ['another namespace', page(HEAD + OBJECT, { root: ' xmlns:a="b" a:c="d"' })],
    ['an attribute', page(HEAD + OBJECT.replace('<Key>', '<Key a="b">'))],
    ['a comment', page(`${HEAD}<!-- a -->${OBJECT}`)],
    ['a comment in an object', page(HEAD + OBJECT.replace('<Size>', '<!-- a --><Size>'))],
    ['a processing instruction', page(`${HEAD}<?a b?>${OBJECT}`)],
    ['CDATA', page(HEAD + OBJECT.replace(/<Key>.*<.Key>/, '<Key><![CDATA[a]]></Key>'))],
    ['a document type', page(HEAD + OBJECT, { prolog: `${PROLOG}<!DOCTYPE a>` })],
    ['lines between elements', page(`\n  ${HEAD}\n  ${OBJECT}\n`)],
    ['lines in an object', page(HEAD + OBJECT.replace('<Size>', '\r\n<Size>'))],
    ['space in a tag', page(HEAD + OBJECT.replace('</Size>', '</Size >'))],
    ['an element that closes itself', page(HEAD.replace('<Prefix></Prefix>', '<Prefix/>') + OBJECT)],
    ['an object that closes itself', page(`${HEAD}<Contents/>`)],
    ['an owner', page(HEAD + OBJECT.replace('<Size>', '<Owner><ID>i</ID></Owner><Size>'))],
    [
      'a restore',
      page(
        HEAD +
          OBJECT.replace(
            '<Size>',
            '<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus><Size>',
          ),
      ),
    ],
    ['common prefixes', page(`${HEAD}<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>${OBJECT}`)],
    ['an unknown element of an object', page(HEAD + OBJECT.replace('<Size>', '<Type>Normal</Type><Size>'))],
    ['a field twice', page(HEAD + OBJECT.replace('<Size>', '<Size>6</Size><Size>'))],
    ['a field of the page twice', page(`${HEAD}<Name>other</Name>${OBJECT}`)],
    ['no IsTruncated', page(HEAD.replace(/<IsTruncated.*/, '') + OBJECT)],
    ['an odd IsTruncated', page(HEAD.replace('false', 'False') + OBJECT)],
    ['a token with an entity', page(`${HEAD}<NextContinuationToken>a&amp;b</NextContinuationToken>${OBJECT}`)],
    ...['Key', 'LastModified', 'ETag', 'Size'].map((field): [string, string] => [
      `an object without ${field}`,
      page(HEAD + OBJECT.replace(new RegExp(`<${field}>.*</${field}>`), '')),
    ]),
    ...(
      [
        ['Key', ['', 'a b', 'a&amp;b', 'a&#x41;b', 'ü', 'a"b', 'a\nb', 'a\u0000b', '%', '%zz', '%ff']],
        [
          'LastModified',
          [
            '',
            'then',
            '2026-01-31',
            '2026-01-31T12:00:00+01:00',
            '2026-01-31T24:00:00.000Z',
            '2026-13-01T00:00:00.000Z',
            'Sat, 31 Jan 2026 12:00:00 GMT',
            '2026-01-31T12:00:60.000Z',
          ],
        ],
        ['ETag', ['', '0a1b', '&quot;0a1b', '&#34;0a1b&#34;', '"0a1b&quot;', 'W/"0a1b"', '"a b"']],
        ['Size', ['', '-1', '1e3', '0x10', ' 5', '5.0', '99999999999999999999']],
        ['StorageClass', ['', 'A&amp;B', 'ü']],
      ] as const
    ).flatMap(([field, values]) =>
      values.map((value): [string, string] => [
        `${field} ${JSON.stringify(value)}`,
        page(HEAD + OBJECT.replace(new RegExp(`<${field}>.*</${field}>`), `<${field}>${value}</${field}>`)),
      ]),
    ),
    ['text between elements', page(`${HEAD}text${OBJECT}`)],
    ['tags that do not match', page(HEAD.replace('</Name>', '</Nam3>') + OBJECT)],
    ['an end tag that goes on', page(HEAD.replace('</Name>', '</Names>') + OBJECT)],
    ['something behind it', `${page(HEAD + OBJECT)}<a/>`],
  ])('%s', (_, text) => {
    expect(readListPage(Buffer.from(text))).toBeUndefined();
  });

  it('every beginning of it', () => {
    const whole = Buffer.from(page(HEAD + OBJECT + OBJECT));
    for (let length = 0; length < whole.length; length += 1)
      expect(readListPage(whole.subarray(0, length))).toBeUndefined();
  });
});

describe('What is read is what the SDK reads', () => {
  const OPTIONS = { seed: 20_260_131, numRuns: 1500 };
  const odd = fc.constantFrom(
    '',
    ' ',
    '\n',
    '\r\n',
    '&amp;',
    '&#x41;',
    '&bogus;',
    '&',
    ']]>',
    '<!-- -->',
    '<a/>',
    '<![CDATA[x]]>',
    '\u00a0',
    'ü',
    '%',
    '%zz',
    '+',
    "'",
    '/',
    '=',
    '-1',
    '0',
    '007',
    '1e3',
    'true',
    'null',
  );
  const mostly = (usual: string, ...others: string[]) =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.stringMatching(/^[\w .:/+-]{0,12}$/) },
    { weight: 1, arbitrary: odd },
  );
  const element = (name: string, value: fc.Arbitrary<string>) =>
    fc
      .tuple(
        fc.oneof({ weight: 150, arbitrary: value }, { weight: 1, arbitrary: odd }),
        fc.integer({ min: 0, max: 500 }),
      )
      .map(([value, oddity]) => {
        if (oddity === 0) return '';
        if (oddity === 1) return `<${name}>${value}</${name}>\n`;
        if (oddity === 2) return `<${name} a="b">${value}</${name}>`;
        if (oddity === 3) return `<${name}/>`;
        if (oddity === 4) return `<${name}>${value}</${name}><${name}>${value}</${name}>`;
        if (oddity === 5) return `<${name}>${value}</${name} >`;
        if (oddity === 6) return `<!-- ${value} --><${name}>${value}</${name}>`;
        return `<${name}>${value}</${name}>`;
      });
  const time = fc
    .date({ min: new Date('1000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .chain((date) =>
      mostly(
        date.toISOString(),
        date.toISOString().replace(/\.\d+/, ''),
        date.toISOString().replace(/-\d\dT\d\d/, '-31T24'),
        date.toISOString().replace(/-\d\d-\d\d/, '-02-31'),
      ),
    );
  const etag = fc.stringMatching(/^[0-9a-f]{1,6}(-\d)?$/);
  const object = fc
    .tuple(
      element(
        'Key',
        anyKey.map((key) => key || 'a').map((key) => encodeURIComponent(key).replaceAll('%20', '+')),
      ),
      element('LastModified', time),
      element(
        'ETag',
        etag.chain((value) => fc.constantFrom(`&quot;${value}&quot;`, `"${value}"`)),
      ),
      element('Size', fc.integer({ min: 0, max: 2 ** 45 }).map(String)),
      element('StorageClass', fc.constantFrom('STANDARD', 'GLACIER', 'Of-a Kind')),
      fc.option(
        fc.oneof(
          element('ChecksumAlgorithm', fc.constantFrom('CRC32', 'SHA256')),
          element('Owner', fc.constant('<ID>i</ID><DisplayName>d</DisplayName>')),
          element('RestoreStatus', fc.constant('<IsRestoreInProgress>false</IsRestoreInProgress>')),
          element('Unknown', text),
        ),
        { nil: '', freq: 2 },
      ),
    )
    .chain((fields) => fc.shuffledSubarray(fields, { minLength: fields.length }))
    .map((fields) => `<Contents>${fields.join('')}</Contents>`);
  const document = fc
    .tuple(
      mostly(PROLOG, '', '<?xml version="1.0"?>', `${PROLOG}\u00a0`, `${PROLOG}<!-- -->`),
      mostly(NAMESPACE, '', ' a="b"', ' IsTruncated="true"'),
      element('IsTruncated', fc.oneof(fc.constant('true'), mostly('false', 'TRUE'))),
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: element('EncodingType', fc.constant('url')) },
          element('Name', text),
          element('Prefix', text),
          element('NextContinuationToken', text),
          element('CommonPrefixes', fc.constant('<Prefix>a/</Prefix>')),
          element('constructor', text),
          element('__proto__', text),
        ),
        { maxLength: 2 },
      ),
      fc.array(object, { maxLength: 3 }),
    )
    .chain(([prolog, root, truncated, others, objects]) =>
      fc
        .shuffledSubarray([truncated, ...others, ...objects], { minLength: 1 + others.length + objects.length })
        .map((parts) => Buffer.from(page(parts.join(''), { prolog, root }))),
    );
  const mutated = fc
    .tuple(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(Buffer.from(page(HEAD + OBJECT))) },
        { weight: 1, arbitrary: document },
      ),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from(' <>/&;"\r\n\t=?!0A%'), 0xa0)),
          fc.nat({ max: 3 }),
        ),
        { minLength: 1, maxLength: 2 },
      ),
    )
    .map(([bytes, changes]) => {
      let mutated = bytes;
      for (const [place, byte, kind] of changes) {
        const at = place % (mutated.length + 1);
        const rest = mutated.subarray(kind === 1 ? at : at + 1);
        mutated = Buffer.concat([
          mutated.subarray(0, at),
          ...(kind === 0 ? [] : [Buffer.of(byte)]),
          ...(kind === 3 ? [] : [rest]),
        ]);
      }
      return mutated;
    });

  it.each([
    ['documents that are put together oddly', document, 200],
    ['documents with bytes that are changed', mutated, 50],
  ])('in %s', async (_, documents, atLeast) => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(documents, async (body) => {
        const ours = readListPage(body);
        if (!ours) return;
        read += 1;
        expect(ours).toEqual(await readBySdk(body));
      }),
      OPTIONS,
    );
    expect(read).toBeGreaterThan(atLeast);
  });
});
