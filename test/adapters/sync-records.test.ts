import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DynamoSyncRecords } from '../../adapters/dynamodb/sync-records.js';

/** Answers every call with the same error, as DynamoDB words it. */
let error = '';
let server: Server;
let endpoint = '';
beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error}`, message: 'No.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const records = () =>
  new DynamoSyncRecords(
    'live',
    { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } },
    1,
  );

it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
  'What DynamoDB had no time for is waited for as what S3 had none for: %s',
  async (name) => {
    error = name;
    const throttled = { code: name, kind: 'throttled' };
    await expect(records().find('pk')).rejects.toMatchObject(throttled);
    await expect(records().putIf({ pk: 'pk', revision: 2, expiresAt: 1 })).rejects.toMatchObject(throttled);
  },
);

it('A condition that does not hold says that somebody else was first; all else is an error under its own name', async () => {
  error = 'ConditionalCheckFailedException';
  expect(await records().putIf({ pk: 'pk', revision: 2, expiresAt: 1 })).toBe(false);
  error = 'ResourceNotFoundException';
  await expect(records().find('pk')).rejects.toMatchObject({ name: error });
  await expect(records().putIf({ pk: 'pk', revision: 2, expiresAt: 1 })).rejects.toMatchObject({ name: error });
});
