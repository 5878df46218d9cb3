import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { syncRecord, type SyncRecord } from '../../contracts/live.js';
import { StorageError } from '../../core/errors.js';
import type { SyncRecords } from '../../core/ports.js';
import type { Connection } from '../connection.js';
import { documentClient } from './document-client.js';

/** What DynamoDB had no time for. Source: Amazon DynamoDB Developer Guide, "Error messages and codes". */
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);

/** What a live copy last brought over, in DynamoDB: an item a key. Throws StorageError where the table is throttled. */
export class DynamoSyncRecords implements SyncRecords {
  readonly #client: DynamoDBDocumentClient;

  constructor(
    private readonly name: string,
    connection: Connection = {},
    /** Tries of the SDK for one call. */
    attempts?: number,
  ) {
    this.#client = documentClient(connection, attempts);
  }

  async find(pk: string): Promise<SyncRecord | undefined> {
    try {
      const { Item } = await this.#client.send(
        new GetCommand({ TableName: this.name, Key: { pk }, ConsistentRead: true }),
      );
      return Item && syncRecord.parse(Item);
    } catch (error) {
      throw asThrottled(error);
    }
  }

  async putIf(record: SyncRecord): Promise<boolean> {
    const isNew = record.revision === 1;
    try {
      await this.#client.send(
        new PutCommand({
          TableName: this.name,
          Item: record,
          ConditionExpression: isNew ? 'attribute_not_exists(pk)' : 'revision = :before',
          ...(isNew ? {} : { ExpressionAttributeValues: { ':before': record.revision - 1 } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw asThrottled(error);
    }
  }
}

function asThrottled(error: unknown): unknown {
  if (!(error instanceof Error) || !THROTTLED.has(error.name)) return error;
  return new StorageError(error.name, `The table of the live copy: ${error.message}`, {
    kind: 'throttled',
    cause: error,
  });
}
