import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { syncRecord, type SyncRecord } from '../../contracts/live.js';
import type { SyncRecords } from '../../core/ports.js';
import type { Connection } from '../connection.js';
import { documentClient } from './document-client.js';

/** What a live copy last brought over, in DynamoDB: an item a key. */
export class DynamoSyncRecords implements SyncRecords {
  readonly #client: DynamoDBDocumentClient;

  constructor(
    private readonly name: string,
    connection: Connection = {},
  ) {
    this.#client = documentClient(connection);
  }

  async find(pk: string): Promise<SyncRecord | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.name, Key: { pk }, ConsistentRead: true }),
    );
    return Item && syncRecord.parse(Item);
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
      throw error;
    }
  }
}
