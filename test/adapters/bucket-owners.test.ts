import { describe, expect, it } from '@jest/globals';
import type { Connection } from '../../adapters/connection.js';
import { bucketPairs, inventories, workBucket } from '../../adapters/ports.js';
import { createS3Client, perRegion } from '../../adapters/s3/client.js';
import { S3FileStore } from '../../adapters/s3/file-store.js';
import { environment as environmentSchema } from '../../contracts/environment.js';
import type { WritableStorageClass } from '../../contracts/location.js';
import { StorageError } from '../../core/errors.js';
import type { BucketPair, FileStore } from '../../core/ports.js';
import { DESTINATION, SOURCE, WORK, at, useStorage } from '../core/support/storage.js';
import { useAnswers } from './scripted-s3.js';
import { watchRequests, type SentRequest } from './sent-requests.js';

const storage = useStorage();
const scripted = useAnswers();
/** Whose the buckets of the embedded S3 are, and somebody else. */
const OURS = '123456789012';
const THEIRS = '210987654321';
const OWNER = 'x-amz-expected-bucket-owner';
const SOURCE_OWNER = 'x-amz-source-expected-bucket-owner';
const MIB = 1024 * 1024;

type PairCall = (pair: BucketPair) => Promise<unknown>;
type FileCall = (files: FileStore) => Promise<unknown>;

const ofSource: [string, PairCall][] = [
  ['a list of the source', (pair) => pair.listSource('', '', 1)],
  ['a look at an object of the source', (pair) => pair.headSource('owned')],
  ['a look at a version of it', (pair) => pair.headSource('owned', { versionId: 'null' })],
  ['a look at a part of it', (pair) => pair.headSource('owned', { part: 1 })],
  ['a look at its tags', (pair) => pair.sourceTags('owned')],
  ['a look at its ACL', (pair) => pair.sourceGrants('owned')],
  ['a list of its versions', (pair) => pair.sourceVersions('owned')],
  ['a probe of reading', (pair) => pair.probeRead('owned')],
];
const ofDestination: [string, PairCall][] = [
  ['a list of the destination', (pair) => pair.listDestination('', '')],
  ['a look at an object of the destination', (pair) => pair.headDestination('owned')],
  ['a list of its versions', (pair) => pair.listDestinationVersions('', { key: '' })],
  ['a look at its versioning', (pair) => pair.destinationVersioning()],
  ['a delete marker', (pair) => pair.putDeleteMarker({ key: 'not there', etag: undefined })],
  ['an upload, and its end', (pair) => beginAndAbort(pair)],
  ['a probe of writing', (pair) => pair.probeWrite('probe', {})],
];
const ofFiles: [string, FileCall][] = [
  ['a read', (files) => files.read('file')],
  ['a read of a range', (files) => files.readRange('file', 0, 1)],
  ['a stream', async (files) => drain((await files.stream('file'))?.body ?? never())],
  ['a write', (files) => files.write('file', 'x')],
  ['a conditional write', (files) => files.writeIf('file', 'x', undefined)],
  ['a list', (files) => drain(files.list(''))],
  ['folders', (files) => drain(files.folders('f/'))],
  ['a file written bit by bit', (files) => writeBits(files, [5])],
  ['a file written in parts', (files) => writeBits(files, [9 * MIB, MIB])],
];

describe('A bucket that is another account’s than its address says is refused by S3', () => {
  it.each(ofSource)('%s', async (_, call) => {
    await expectRefused(() => call(pairOf({ source: THEIRS })));
    await call(pairOf({ source: OURS, destination: THEIRS }));
  });

  it.each(ofDestination)('%s', async (_, call) => {
    await expectRefused(() => call(pairOf({ destination: THEIRS })));
    await call(pairOf({ source: THEIRS, destination: OURS }));
  });

  it.each([
    ['its source', { source: THEIRS, destination: OURS }],
    ['its destination', { source: OURS, destination: THEIRS }],
  ])('a copy, by %s: nothing is written', async (side, accounts) => {
    await expectRefused(() => copy(pairOf(accounts), `copied by ${side}`));
    expect(storage().s3.getObject(DESTINATION, `copied by ${side}`)).toBeUndefined();
    await copy(pairOf({ source: OURS, destination: OURS }), `copied by ${side}`);
    expect(storage().s3.getObject(DESTINATION, `copied by ${side}`)?.body.toString()).toBe('hello');
  });

  it.each(ofFiles)('%s of a file store', async (_, call) => {
    storage().s3.putObject(WORK, 'file', Buffer.from('hello'));
    await expectRefused(() => call(filesOf(THEIRS)));
    await call(filesOf(OURS));
  });

  it('and is left as it was: a file written in parts leaves no part behind', async () => {
    await expectRefused(() => writeBits(filesOf(THEIRS), [9 * MIB, MIB], 'parts'));
    expect(storage().s3.getObject(WORK, 'parts')).toBeUndefined();
  });
});

describe('Every request names the owner of its bucket', () => {
  it('of a pair: the source’s at the source, the destination’s at the destination, and both in a copy', async () => {
    storage().s3.putObject(SOURCE, 'owned', Buffer.from('hello'));
    const pair = pairOf({ source: OURS, destination: OURS });
    const sent = await watchRequests(storage(), async () => {
      for (const [, call] of [...ofSource, ...ofDestination]) await call(pair);
      await copy(pair, 'copied and named');
      await copyPart(pair);
      await pair.opaqueByDefault();
      await pair.sourceIsWebsite();
    });
    expect(operationsOf(sent)).toEqual([
      'AbortMultipartUpload',
      'CopyObject',
      'CreateMultipartUpload',
      'DeleteObject',
      'GetBucketEncryption',
      'GetBucketVersioning',
      'GetBucketWebsite',
      'GetObject',
      'GetObjectAcl',
      'GetObjectTagging',
      'HeadObject',
      'ListObjectVersions',
      'ListObjectsV2',
      'ListParts',
      'UploadPartCopy',
    ]);
    for (const { operation, headers } of sent)
      expect([operation, headers[OWNER], headers[SOURCE_OWNER]]).toEqual([
        operation,
        OURS,
        operation === 'CopyObject' || operation === 'UploadPartCopy' ? OURS : undefined,
      ]);
  });

  it('of either side its own, where they are two accounts', async () => {
    const pair = pairOf({ source: OURS, destination: THEIRS });
    const sent = await watchRequests(storage(), async () => {
      await pair.opaqueByDefault();
      await copy(pair, 'two accounts').catch(() => undefined);
    });
    const owners = sent.map(({ operation, headers }) =>
      [operation, headers[OWNER], headers[SOURCE_OWNER]].map(String).join(' '),
    );
    expect(owners.toSorted()).toEqual([
      `CopyObject ${THEIRS} ${OURS}`,
      `GetBucketEncryption ${OURS} undefined`,
      `GetBucketEncryption ${THEIRS} undefined`,
    ]);
  });

  it('of files, each part of a large one too', async () => {
    const sent = await watchRequests(storage(), async () => {
      for (const [, call] of ofFiles) await call(filesOf(OURS));
    });
    expect(operationsOf(sent)).toEqual([
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'GetObject',
      'ListObjectsV2',
      'PutObject',
      'UploadPart',
    ]);
    for (const { operation, headers } of sent) expect([operation, headers[OWNER]]).toEqual([operation, OURS]);
  });

  it('and none, where the address names none', async () => {
    storage().s3.putObject(SOURCE, 'owned', Buffer.from('hello'));
    const sent = await watchRequests(storage(), async () => {
      for (const [, call] of [...ofSource, ...ofDestination]) await call(pairOf({}));
      await copy(pairOf({}), 'owned by nobody');
      for (const [, call] of ofFiles) await call(filesOf(undefined));
    });
    expect(sent.length).toBeGreaterThan(15);
    for (const { headers } of sent) {
      expect(headers).not.toHaveProperty(OWNER);
      expect(headers).not.toHaveProperty(SOURCE_OWNER);
    }
  });
});

describe('The ports of a handler name owners', () => {
  it.each<[string, (account: string) => Promise<unknown>]>([
    ['of the work bucket, by BACKFILL_ACCOUNT', (account) => workBucket(siteOf(account)).work.read('file')],
    [
      'of an inventory’s bucket, by its address',
      (account) => inventories(siteOf()).inventory({ bucket: WORK, account }).read('file'),
    ],
    [
      'of a source, by its address',
      (account) => bucketPairs(siteOf()).pair({ bucket: SOURCE, account }, at(DESTINATION)).listSource('', '', 1),
    ],
    [
      'of a destination, by its address',
      (account) => bucketPairs(siteOf()).pair(at(SOURCE), { bucket: DESTINATION, account }).listDestination('', ''),
    ],
  ])('%s', async (_, call) => {
    await expectRefused(() => call(THEIRS));
    await call(OURS);
  });
});

describe('Clients of several Regions', () => {
  it('are one for each Region, made when it is first asked for', () => {
    const made: object[] = [];
    const client = perRegion((region) => {
      made.push(region);
      return createS3Client({ ...region, endpoint: 'http://127.0.0.1:9' }, 1);
    });
    expect(made).toEqual([]);
    const [frankfurt, ireland, home] = [client('eu-central-1'), client('eu-west-1'), client()];
    expect(new Set([frankfurt, ireland, home]).size).toBe(3);
    expect([client('eu-central-1'), client('eu-west-1'), client()]).toEqual([frankfurt, ireland, home]);
    expect(client('eu-central-1')).toBe(frankfurt);
    expect(client()).toBe(home);
    expect(made).toEqual([{ region: 'eu-central-1' }, { region: 'eu-west-1' }, {}]);
  });

  it('ask each side in its own Region, and have a copy made in the destination’s', async () => {
    const asked = new Set<string>();
    scripted().answer((response, { method, url = '', headers }) => {
      const operation = headers['x-amz-copy-source'] === undefined ? method : 'copy';
      asked.add(`${url.split(/[/?]/)[1]} ${operation} ${headers.authorization?.split('/')[2]}`);
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    const pair = bucketPairs(siteOf(undefined, scripted().connection)).pair(
      { bucket: SOURCE, region: 'eu-west-1' },
      { bucket: DESTINATION, region: 'ap-south-1' },
    );
    for (const [, call] of [...ofSource, ...ofDestination]) await expectRefused(() => call(pair));
    await expectRefused(() => copy(pair, 'regions', 'e'));
    await pair.opaqueByDefault();
    expect([...asked].toSorted()).toEqual([
      `${SOURCE} GET eu-west-1`,
      `${SOURCE} HEAD eu-west-1`,
      `${DESTINATION} DELETE ap-south-1`,
      `${DESTINATION} GET ap-south-1`,
      `${DESTINATION} HEAD ap-south-1`,
      `${DESTINATION} POST ap-south-1`,
      `${DESTINATION} copy ap-south-1`,
    ]);
  });

  it('ask for an inventory in its own, and for all else in that of the environment', async () => {
    const asked: (string | undefined)[] = [];
    scripted().answer((response, { headers }) => {
      asked.push(headers.authorization?.split('/')[2]);
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    });
    const site = siteOf(undefined, scripted().connection);
    await expectRefused(() => inventories(site).inventory({ bucket: WORK, region: 'sa-east-1' }).read('k'));
    await expectRefused(() => inventories(site).inventory(at(WORK)).read('k'));
    await expectRefused(() => workBucket(site).work.read('k'));
    expect(asked).toEqual(['sa-east-1', 'eu-central-1', 'eu-central-1']);
  });
});

describe('An object is copied into the storage class that is asked for', () => {
  it.each<[WritableStorageClass | undefined, string]>([
    [undefined, 'STANDARD'],
    ['STANDARD', 'STANDARD'],
    ['STANDARD_IA', 'STANDARD_IA'],
    ['GLACIER', 'GLACIER'],
    ['DEEP_ARCHIVE', 'DEEP_ARCHIVE'],
  ])('%s: it is %s', async (storageClass, found) => {
    const key = `class ${storageClass}`;
    const { etag } = storage().s3.putObject(SOURCE, key, Buffer.from('hello'), { storageClass: 'ONEZONE_IA' });
    await pairOf({}).copy({
      source: { key, etag },
      destination: { key, etag: undefined },
      object: { storageClass },
    });
    expect(storage().s3.getObject(DESTINATION, key)?.storageClass).toBe(found);
  });
});

/** The two sides as buckets of these accounts. */
function pairOf({ source, destination }: { source?: string; destination?: string }): BucketPair {
  const { ports, s3 } = storage();
  s3.putObject(SOURCE, 'owned', Buffer.from('hello'));
  const side = (bucket: string, account?: string) => (account === undefined ? { bucket } : { bucket, account });
  return ports.pair(side(SOURCE, source), side(DESTINATION, destination));
}

async function beginAndAbort(pair: BucketPair): Promise<void> {
  const upload = await pair.beginUpload('begun', {}, undefined);
  await pair.listParts(upload);
  await pair.abortUpload(upload.key, upload.id);
}

async function copyPart(pair: BucketPair): Promise<void> {
  const { etag } = storage().s3.putObject(SOURCE, 'owned', Buffer.from('hello'));
  const upload = await pair.beginUpload('begun', {}, undefined);
  await pair.copyPart({ key: 'owned', etag }, upload, 1, undefined);
  await pair.abortUpload(upload.key, upload.id);
}

function filesOf(owner: string | undefined): S3FileStore {
  return new S3FileStore(storage().client, WORK, owner);
}

function siteOf(account?: string, objects: Connection = storage().connection) {
  const environment = environmentSchema.parse({
    BACKFILL_PAIR: 'demo',
    BACKFILL_WORK_BUCKET: WORK,
    BACKFILL_FAILURE_TABLE: 'failures',
    BACKFILL_RECONCILIATIONS: 'reconciliations',
    ...(account === undefined ? {} : { BACKFILL_ACCOUNT: account }),
  });
  return { environment, services: objects, objects };
}

function copy(pair: BucketPair, destinationKey: string, sourceEtag?: string) {
  const etag = sourceEtag ?? storage().s3.putObject(SOURCE, 'owned', Buffer.from('hello')).etag;
  return pair.copy({
    source: { key: 'owned', etag },
    destination: { key: destinationKey, etag: undefined },
    object: {},
  });
}

async function expectRefused(call: () => Promise<unknown>): Promise<void> {
  const calling = call();
  await expect(calling).rejects.toBeInstanceOf(StorageError);
  await expect(calling).rejects.toMatchObject({ code: 'AccessDenied', kind: 'refused', status: 403 });
}

async function writeBits(files: FileStore, sizes: readonly number[], key = 'bits'): Promise<void> {
  const writer = files.writer(key);
  try {
    for (const size of sizes) await writer.write(Buffer.alloc(size));
    await writer.close();
  } finally {
    await writer.abort();
  }
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

function operationsOf(sent: readonly SentRequest[]): string[] {
  return [...new Set(sent.map(({ operation }) => operation))].toSorted();
}

function never(): never {
  throw new Error('there is no file');
}
