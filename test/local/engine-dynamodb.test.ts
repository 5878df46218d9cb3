import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { failureTableDefinition } from '../../contracts/failure.js';
import { serveJson } from '../../local/doors/json-door.js';
import { openPort } from '../../local/doors/port.js';
import type { OpenPort } from '../../local/doors/port.js';
import { route } from '../../local/doors/route.js';
import { EmbeddedDynamoDb } from '../../local/dynamodb.js';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
const dynamodb = new EmbeddedDynamoDb();
let port: OpenPort;
let client: DynamoDBClient;

beforeAll(async () => {
  port = await openPort(0, (request, response) => {
    const to = route(request.url ?? '/', request.headers);
    const action = 'action' in to ? to.action : '';
    return serveJson(request, response, { service: 'dynamodb', region, credentials }, (body) =>
      dynamodb.handle(action, body),
    );
  });
  client = clientOf(credentials);
  await client.send(new CreateTableCommand(failureTableDefinition('failures')));
});
afterAll(async () => {
  client.destroy();
  await port.close();
});

describe('DynamoDB, through the SDK', () => {
  it('keeps items and finds them by an index', async () => {
    await put({ pk: 'run', sk: '1', runCause: 'run#AccessDenied', runChunk: 'run#0' });
    await put({ pk: 'run', sk: '2', runCause: 'run#SlowDown', runChunk: 'run#0' });
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'failures',
        IndexName: 'byCause',
        KeyConditionExpression: 'runCause = :cause',
        ExpressionAttributeValues: { ':cause': { S: 'run#SlowDown' } },
      }),
    );
    expect(Items).toEqual([expect.objectContaining({ sk: { S: '2' } })]);
  });

  it('refuses a conditional put whose condition does not hold', async () => {
    await put({ pk: 'lock', sk: 'demo' });
    const again = client.send(
      new PutItemCommand({
        TableName: 'failures',
        Item: { pk: { S: 'lock' }, sk: { S: 'demo' } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    await expect(again).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('counts exactly while many count at once', async () => {
    const count = () =>
      client.send(
        new UpdateItemCommand({
          TableName: 'failures',
          Key: { pk: { S: 'counter' }, sk: { S: 'x' } },
          UpdateExpression: 'ADD #n :one',
          ExpressionAttributeNames: { '#n': 'n' },
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
    const counts = await Promise.all(Array.from({ length: 50 }, count));
    expect(Math.max(...counts.map(({ Attributes }) => Number(Attributes?.['n']?.N)))).toBe(50);
  });

  it.each([
    ['a transaction', new TransactWriteItemsCommand({ TransactItems: [] }), /does not do TransactWriteItems/],
    [
      'a time to live',
      new UpdateTimeToLiveCommand({
        TableName: 'failures',
        TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' },
      }),
      /does not do UpdateTimeToLive/,
    ],
    [
      'the old item with a failed condition',
      new PutItemCommand({
        TableName: 'failures',
        Item: { pk: { S: 'a' }, sk: { S: 'b' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      /does not do ReturnValuesOnConditionCheckFailure/,
    ],
  ])('refuses %s by name', async (_title, command, message) => {
    await expect(client.send(command as PutItemCommand)).rejects.toThrow(message);
  });

  it('refuses a wrong secret, an unknown key and another Region', async () => {
    const asked = new QueryCommand({ TableName: 'failures' });
    const refused = (name: string) =>
      expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: 400 }) });
    await expect(clientOf({ ...credentials, secretAccessKey: 'guess' }).send(asked)).rejects.toEqual(
      refused('InvalidSignatureException'),
    );
    await expect(clientOf({ ...credentials, accessKeyId: 'stranger' }).send(asked)).rejects.toEqual(
      refused('UnrecognizedClientException'),
    );
    await expect(clientOf(credentials, 'us-west-2').send(asked)).rejects.toEqual(
      refused('IncompleteSignatureException'),
    );
  });
});

describe('DynamoDB, whatever comes', () => {
  const actions = fc.constantFrom(
    'PutItem',
    'GetItem',
    'Query',
    'Scan',
    'UpdateItem',
    'BatchWriteItem',
    'CreateTable',
    'UpdateTable',
    '',
  );
  const attribute = fc.oneof(
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.oneof(fc.string(), fc.double().map(String)) }),
    fc.record({ M: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }) }),
    fc.jsonValue(),
  );
  const likely = fc.record(
    {
      TableName: fc.oneof(fc.constant('failures'), fc.jsonValue()),
      Item: fc.oneof(fc.dictionary(fc.constantFrom('pk', 'sk', 'a'), attribute), fc.jsonValue()),
      Key: fc.dictionary(fc.constantFrom('pk', 'sk', 'a'), attribute),
      IndexName: fc.constantFrom('byCause', 'nothing', ''),
      KeyConditionExpression: fc.oneof(fc.constantFrom('pk = :v', '#n = :v AND sk > :v', 'pk ='), fc.string()),
      UpdateExpression: fc.oneof(fc.constantFrom('SET a = :v', 'ADD a :v', 'REMOVE pk'), fc.string()),
      ConditionExpression: fc.oneof(fc.constantFrom('attribute_exists(pk)', 'a < :v'), fc.string()),
      ExpressionAttributeNames: fc.oneof(fc.constant({ '#n': 'pk' }), fc.jsonValue()),
      ExpressionAttributeValues: fc.oneof(fc.record({ ':v': attribute }), fc.jsonValue()),
      ExclusiveStartKey: fc.jsonValue(),
      Limit: fc.oneof(fc.integer(), fc.jsonValue()),
      RequestItems: fc.jsonValue(),
    },
    { requiredKeys: ['TableName'] },
  );

  it('answers, with JSON, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.oneof(likely, fc.jsonValue()), async (action, input) => {
        const { status, body } = await dynamodb.handle(action, JSON.stringify(input));
        expect([200, 400]).toContain(status);
        JSON.parse(body);
      }),
      { numRuns: 1500 },
    );
  });

  it('answers an error to what is not JSON', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.string(), async (action, text) => {
        const { status } = await dynamodb.handle(action, `{${text}`);
        expect(status).toBe(400);
      }),
    );
  });
});

function clientOf(
  credentials: { accessKeyId: string; secretAccessKey: string },
  clientRegion = region,
): DynamoDBClient {
  return new DynamoDBClient({ endpoint: port.endpoint, region: clientRegion, credentials, maxAttempts: 1 });
}

function put(item: Record<string, string>) {
  const Item = Object.fromEntries(Object.entries(item).map(([name, S]) => [name, { S }]));
  return client.send(new PutItemCommand({ TableName: 'failures', Item }));
}
