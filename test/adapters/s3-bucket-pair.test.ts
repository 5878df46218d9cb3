import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import type { CopyRequest } from '../../core/ports.js';
import { DESTINATION, SOURCE, at, inPlacePair, pairOf, useStorage } from '../core/support/storage.js';
import { bucketPairContract } from './bucket-pair.contract.js';
import { useAnswers } from './scripted-s3.js';

const storage = useStorage();
const scripted = useAnswers();
const RESULT =
  '<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>2026-01-31T00:00:00.000Z</LastModified></CopyObjectResult>';
const COPY: CopyRequest = { source: { key: 'a', etag: 'e' }, destination: { key: 'a', etag: undefined }, object: {} };

bucketPairContract('S3', () => {
  const { s3 } = storage();
  return {
    pair: pairOf(storage()),
    putSource: (key, body) => s3.putObject(SOURCE, key, Buffer.from(body)).etag,
    putDestination: (key, body) => s3.putObject(DESTINATION, key, Buffer.from(body)).etag,
    readDestination: (key) => s3.getObject(DESTINATION, key)?.body.toString(),
  };
});

describe('A copy that S3 answers with 200', () => {
  it('counts where the answer has a result in it', async () => {
    answerCopy(RESULT);
    expect(await copy()).toEqual({ etag: 'e' });
  });

  it.each([
    ['with another document', '<html>busy</html>'],
    [
      'with a result that has no ETag',
      '<CopyObjectResult><LastModified>2026-01-31T00:00:00.000Z</LastModified></CopyObjectResult>',
    ],
    ['with a result that is cut off', RESULT.slice(0, 30)],
    ['with whitespace that kept the connection open, and then nothing', '\n\n\n'],
  ])('counts for nothing %s: it is asked again', async (_, body) => {
    answerCopy(body);
    await expect(copy()).rejects.toMatchObject({ name: 'NoAnswer', kind: 'transient' });
  });

  it('counts for nothing with nothing in it, which the SDK takes for an error of S3', async () => {
    answerCopy('');
    await expect(copy()).rejects.toMatchObject({ name: 'InternalError', kind: 'transient' });
  });

  it.each([
    ['InternalError', 'transient'],
    ['SlowDown', 'throttled'],
  ])('and an error in it is that error: %s', async (code, kind) => {
    answerCopy(`<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>words</Message></Error>`);
    await expect(copy()).rejects.toMatchObject({ name: code, kind });
  });
});

describe('What S3 is asked', () => {
  it.each([
    ['a key', {}, '/a'],
    ['a key that has all in it', { key: 'a b+c%d?e&f/é/../😀' }, '/a%20b%2Bc%25d%3Fe%26f/%C3%A9/../%F0%9F%98%80'],
    ['a version', { versionId: 'v=1&2' }, '/a?versionId=v%3D1%262'],
  ])('to copy is %s, so that nothing in it is taken for more', async (_, request, source) => {
    let asked: unknown;
    scripted().answer((response, { headers }) => {
      asked = headers['x-amz-copy-source'];
      response.writeHead(200).end(RESULT);
    });
    await pair().copy({ ...COPY, source: { ...COPY.source, ...request } });
    expect(asked).toBe(`${SOURCE}${source}`);
  });

  it('to copy is pinned on both sides', async () => {
    const asked: unknown[] = [];
    scripted().answer((response, { headers }) => {
      asked.push([headers['x-amz-copy-source-if-match'], headers['if-none-match'], headers['if-match']]);
      response.writeHead(200).end(RESULT);
    });
    await pair().copy(COPY);
    await pair().copy({ ...COPY, destination: { key: 'a', etag: 'old' } });
    expect(asked).toEqual([
      ['"e"', '*', undefined],
      ['"e"', undefined, '"old"'],
    ]);
  });
});

describe('A page that is truncated and empty', () => {
  it('says nothing: the next one is asked for in its place', async () => {
    const tokens: (string | null)[] = [];
    scripted().answer((response, { url = '' }) => {
      const token = new URL(url, 'http://s3').searchParams.get('continuation-token');
      tokens.push(token);
      const contents = token === '2' ? '<Contents><Key>a</Key><Size>1</Size><ETag>"e"</ETag></Contents>' : '';
      const next =
        token === '2'
          ? '<IsTruncated>false</IsTruncated>'
          : `<IsTruncated>true</IsTruncated><NextContinuationToken>${token === null ? 1 : 2}</NextContinuationToken>`;
      response.writeHead(200).end(`<ListBucketResult>${contents}${next}</ListBucketResult>`);
    });
    const { objects, truncated } = await pair().listDestination('', '');
    expect(objects).toMatchObject([{ key: 'a', size: 1, etag: 'e' }]);
    expect(truncated).toBe(false);
    expect(tokens).toEqual([null, '1', '2']);
  });
});

describe('A bucket makes ETags opaque by default', () => {
  it.each([
    ['not where S3 encrypts with its own key', rule('AES256'), false],
    [
      'not where no encryption is configured',
      '<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>',
      false,
    ],
    ['where KMS does', rule('aws:kms'), true],
    ['where KMS does twice', rule('aws:kms:dsse'), true],
  ])('%s', async (_, body, isOpaque) => {
    scripted().answer((response) => response.writeHead(200).end(body));
    expect(await pair().opaqueByDefault()).toEqual({ source: isOpaque, destination: isOpaque });
  });

  it('and is told from the other side’s', async () => {
    scripted().answer((response, { url = '' }) =>
      response.writeHead(200).end(rule(url.startsWith(`/${DESTINATION}`) ? 'aws:kms' : 'AES256')),
    );
    expect(await pair().opaqueByDefault()).toEqual({ source: false, destination: true });
  });

  it.each([
    [403, 'AccessDenied'],
    [404, 'ServerSideEncryptionConfigurationNotFoundError'],
    [501, 'NotImplemented'],
  ])('not where the configuration may not be read, then each object is looked at: %d %s', async (status, code) => {
    scripted().answer((response) => response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`));
    expect(await pair().opaqueByDefault()).toEqual({ source: false, destination: false });
  });

  it('or not: that is not guessed where S3 does not answer for now', async () => {
    scripted().answer((response) => response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'));
    await expect(pair().opaqueByDefault()).rejects.toMatchObject({ name: 'SlowDown' });
  });

  function rule(algorithm: string) {
    return `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
  }
});

describe('A probe of reading', () => {
  it('takes an archived object for one that may be read: S3 says so only to whoever may', async () => {
    storage().s3.putObject(SOURCE, 'frozen', Buffer.from('ice'), { storageClass: 'DEEP_ARCHIVE' });
    await expect(pairOf(storage()).probeRead('frozen')).resolves.toBeUndefined();
  });

  it('is refused where the key of the object may not be used, as a HEAD is not', async () => {
    scripted().answer((response, request) =>
      request.method === 'HEAD'
        ? response.writeHead(200, { 'content-length': 5, etag: '"e"' }).end()
        : response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>kms:Decrypt</Message></Error>'),
    );
    await expect(pair().headSource('sealed')).resolves.toMatchObject({ size: 5 });
    await expect(pair().probeRead('sealed')).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('A probe of writing', () => {
  it('leaves no upload behind', async () => {
    await pairOf(storage()).probeWrite('probe', {});
    const { Uploads } = await storage().client.send(new ListMultipartUploadsCommand({ Bucket: DESTINATION }));
    expect(Uploads).toBeUndefined();
  });
});

function pair() {
  const { client } = scripted();
  return inPlacePair(client, at(SOURCE), at(DESTINATION));
}

function copy() {
  return pair().copy(COPY);
}

function answerCopy(body: string) {
  scripted().answer((response) => response.writeHead(200, { 'content-type': 'application/xml' }).end(body));
}
