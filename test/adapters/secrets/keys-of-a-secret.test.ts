import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bucketPairs, inventories, type Site } from '../../../adapters/ports.js';
import { environment } from '../../../contracts/environment.js';
import { StorageError } from '../../../core/errors.js';
import { startEngine, type Engine } from '../../../local/engine.js';

const FIRST = { accessKeyId: 'AKIAFIRSTKEYOFTHEM', secretAccessKey: 'first+secret/of+them' };
const SECOND = { accessKeyId: 'AKIASECONDKEYOFTHEM', secretAccessKey: 'second+secret/of+them' };
const USER = 'arn:aws-us-gov:iam::210987654321:user/carrier';
let ours: Engine;
let theirs: Engine;
let secretArn = '';
let read = 0;

beforeAll(async () => {
  ours = await startEngine({
    access: { onCall: ({ action }) => void (read += action === 'secretsmanager:GetSecretValue' ? 1 : 0) },
  });
  theirs = await startEngine({ region: 'us-gov-west-1', accountId: '210987654321' });
  for (const name of ['photos', 'replica']) theirs.s3.createBucket(name);
  theirs.s3.putObject('photos', 'a', Buffer.from('body of a'));
  theirs.identities.add({ ...FIRST, principalArn: USER });
  const { ARN = '' } = await secrets().send(
    new CreateSecretCommand({ Name: 'them', SecretString: JSON.stringify(FIRST) }),
  );
  secretArn = ARN;
});
afterAll(() => Promise.all([ours.close(), theirs.close()]));

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  theirs.s3.faults.clear();
  await rotateTo(FIRST);
  read = 0;
});

describe('The keys of a secret', () => {
  it('are read once by a worker, whatever it reaches by them', async () => {
    const { pair, inventory } = worker();
    await Promise.all([pair.listSource('', ''), pair.headSource('a'), pair.probeRead('a'), inventory.read('a')]);
    await pair.headDestination('a');
    expect(read).toBe(1);
  });

  it('are read again when they are refused, and the call is made again: a list, a HEAD, which has no words, and a GET', async () => {
    const { pair, inventory } = worker();
    expect((await pair.listSource('', '')).objects).toHaveLength(1);
    for (const [next, call, expected] of [
      [SECOND, async () => (await pair.listSource('', '')).objects.length, 1],
      [FIRST, async () => (await pair.headSource('a'))?.size, 9],
      [SECOND, async () => String((await inventory.read('a'))?.body), 'body of a'],
      [FIRST, () => pair.headSource('not there'), undefined],
    ] as const) {
      await rotateTo(next);
      read = 0;
      expect(await call()).toEqual(expected);
      expect(read).toBe(1);
    }
  });

  it('are read again once for many that are refused at once', async () => {
    const { pair } = worker();
    await pair.listSource('', '');
    read = 0;
    await rotateTo(SECOND);
    const pages = await Promise.all(Array.from({ length: 20 }, () => pair.listSource('', '')));
    expect(pages.every(({ objects }) => objects.length === 1)).toBe(true);
    expect(read).toBeLessThan(20);
  });

  it('that are new fail a body that was on its way as one that passes: it is sent again by whoever sends it', async () => {
    const { pair } = worker({ isStreamed: true });
    const head = await pair.headSource('a');
    theirs.s3.faults.add({ operation: 'GetObject', times: 1, effect: { call: () => rotateTo(SECOND) } });
    const copy = () =>
      pair.copy({
        source: { key: 'a', etag: head?.etag ?? '' },
        destination: { key: 'a', etag: undefined },
        object: {},
      });
    await expect(copy()).rejects.toMatchObject({ code: 'InvalidAccessKeyId', kind: 'transient' });
    expect(await copy()).toMatchObject({ etag: head?.etag });
    theirs.s3.deleteObject('replica', 'a');
  });

  it('that are refused and no others are an error that stands', async () => {
    const { pair } = worker();
    await pair.listSource('', '');
    theirs.identities.remove(FIRST.accessKeyId);
    await expect(pair.listSource('', '')).rejects.toMatchObject({ code: 'InvalidAccessKeyId', kind: 'refused' });
    await expect(pair.headSource('a')).rejects.toMatchObject({ code: 'InvalidAccessKeyId', kind: 'refused' });
  });

  it('are not there: the secret is asked for again by the next call', async () => {
    await secrets().send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: 'soon' }));
    const { pair } = worker();
    await expect(pair.listSource('', '')).rejects.toMatchObject({
      code: 'SecretMalformed',
      message: expect.stringContaining(`The secret ${secretArn} holds no access key: expected JSON`),
    });
    await rotateTo(FIRST);
    expect((await pair.listSource('', '')).objects).toHaveLength(1);
  });

  it('of a secret that is not there are an error with the words of Secrets Manager', async () => {
    const { pair } = worker({ secretArn: secretArn.replace(/.{6}$/, 'aaaaaa') });
    await expect(pair.listSource('', '')).rejects.toMatchObject({
      code: 'SecretNotRead',
      kind: 'refused',
      message: expect.stringMatching(
        /^The secret arn:\S+ could not be read, Secrets Manager answered ResourceNotFoundException: Secrets Manager can't find the specified secret\.$/,
      ),
    });
  });

  it('are taken out of what a server says of them, and of what is behind it', async () => {
    const endpoint = await listen((_, response) =>
      response
        .writeHead(403)
        .end(
          `<Error><Code>InvalidAccessKeyId</Code><Message>No such key: ${FIRST.accessKeyId} (${FIRST.secretAccessKey})</Message><AWSAccessKeyId>${FIRST.accessKeyId}</AWSAccessKeyId></Error>`,
        ),
    );
    const other = await listen((_, response) =>
      response.writeHead(500).end(`<Error><Code>Odd</Code><Message>I know ${FIRST.secretAccessKey}</Message></Error>`),
    );
    for (const at of [endpoint, other]) {
      const { pair } = worker({ endpoint: at });
      const error = await pair.sourceTags('a').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StorageError);
      expect((error as Error).message).toContain('<of the secret>');
      for (let each: unknown = error; each instanceof Error; each = each.cause)
        for (const secret of [FIRST.accessKeyId, FIRST.secretAccessKey])
          expect(`${each.message} ${each.stack}`).not.toContain(secret);
    }
  });
});

describe('A server that is not S3', () => {
  it('that knows no tags has objects without any', async () => {
    const endpoint = await listen((_, response) => response.writeHead(501).end(NOT_IMPLEMENTED));
    expect(await worker({ endpoint }).pair.sourceTags('a')).toEqual({});
  });

  it('that does not take checksums behind a body is found out by the probe of writing, and its upload is dropped', async () => {
    const asked: string[] = [];
    const endpoint = await listen((request, response) => {
      asked.push(
        `${request.method} ${request.url?.replace(/\?.*(?=uploadId)/, '?').replace(/\?.*=?uploads.*/, '?uploads')}`,
      );
      request.resume().on('end', () => {
        if (request.method === 'POST')
          response.end('<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>');
        else if (request.headers['x-amz-trailer'] !== undefined) response.writeHead(501).end(NOT_IMPLEMENTED);
        else response.writeHead(204).end();
      });
    });
    const { pair } = worker({ endpoint, isStreamed: true });
    await expect(pair.probeWrite('.probe', {})).rejects.toMatchObject({ code: 'NotImplemented', kind: 'refused' });
    expect(asked.map((each) => each.split(' ')[0])).toEqual(['POST', 'PUT', 'DELETE']);
  });

  it('that does not encode keys has them read as they are', async () => {
    const listed = (key: string, more = '') =>
      `<ListBucketResult><Name>photos</Name>${more}<IsTruncated>false</IsTruncated><Contents><Key>${key}</Key><LastModified>2026-01-31T12:00:00.000Z</LastModified><ETag>&quot;aa&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>`;
    const raw = await listen((_, response) => response.end(listed('100%25+ a')));
    const encoded = await listen((_, response) => response.end(listed('100%25+a', '<EncodingType>url</EncodingType>')));
    const keysAt = async (endpoint: string) =>
      (await worker({ endpoint }).pair.listSource('', '')).objects.map(({ key }) => key);
    expect(await keysAt(raw)).toEqual(['100%25+ a']);
    expect(await keysAt(encoded)).toEqual(['100% a']);
  });

  it('is asked for no owner that the pair does not name', async () => {
    let owner: unknown;
    const endpoint = await listen((request, response) => {
      owner = request.headers['x-amz-expected-bucket-owner'];
      response.writeHead(501).end(NOT_IMPLEMENTED);
    });
    await worker({ endpoint }).pair.sourceTags('a');
    expect(owner).toBeUndefined();
  });
});

const NOT_IMPLEMENTED =
  '<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message></Error>';

function secrets(): SecretsManagerClient {
  const { endpoint, region, credentials } = ours;
  return new SecretsManagerClient({ endpoint, region, credentials });
}

async function rotateTo(key: typeof FIRST): Promise<void> {
  for (const { accessKeyId } of [FIRST, SECOND]) theirs.identities.remove(accessKeyId);
  theirs.identities.add({ ...key, principalArn: USER });
  await secrets().send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: JSON.stringify(key) }));
}

/** The ports of a worker that has just begun; its source, and unless it is streamed its destination, are theirs. */
function worker(options: { secretArn?: string; endpoint?: string; isStreamed?: boolean } = {}) {
  const { endpoint, region, credentials } = ours;
  // A role of ours is asked about; the account's root is not.
  const keys = { accessKeyId: `AKIA${(workers += 1)}`, secretAccessKey: 'of a role' };
  ours.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/worker' });
  const connection = { endpoint, region, credentials: keys };
  const site: Site = {
    environment: environment.parse({
      BACKFILL_PAIR: 'photos',
      BACKFILL_WORK_BUCKET: 'work',
      BACKFILL_FAILURE_TABLE: 'failures',
      BACKFILL_RECONCILIATIONS: 'reconciliations',
      BACKFILL_RETRY_DELAY_MS: '1',
    }),
    services: connection,
    objects: { ...connection, credentials },
  };
  const at = {
    region: 'us-gov-west-1',
    endpoint: options.endpoint ?? theirs.endpoint,
    credentialsSecretArn: options.secretArn ?? secretArn,
  };
  const from = { bucket: 'photos', ...at };
  // The same keys, and yet another side: by another name of the same server.
  const to = {
    bucket: 'replica',
    ...at,
    ...(options.isStreamed ? { endpoint: at.endpoint.replace('127.0.0.1', 'localhost') } : {}),
  };
  return {
    pair: bucketPairs(site).pair(from, to),
    inventory: inventories(site).inventory(from),
  };
}

let workers = 0;

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
