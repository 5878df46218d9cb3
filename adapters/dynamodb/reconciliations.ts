import { PutCommand, QueryCommand, type DynamoDBDocumentClient, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { reconciliation, type Reconciliation } from '../../contracts/reconciliation.js';
import type { Reconciliations } from '../../core/ports.js';
import type { Connection } from '../connection.js';
import { documentClient } from './document-client.js';

/** The history of reconciliations in DynamoDB: a partition a pair, sorted by the time of their beginning. */
export class DynamoReconciliations implements Reconciliations {
  readonly #client: DynamoDBDocumentClient;

  constructor(
    private readonly name: string,
    connection: Connection = {},
  ) {
    this.#client = documentClient(connection);
  }

  async put(line: Reconciliation): Promise<void> {
    const sk = `${new Date(line.startedAt).toISOString()} ${line.execution}`;
    await this.#client.send(new PutCommand({ TableName: this.name, Item: { ...line, sk } }));
  }

  async *ofPair(pair: string): AsyncGenerator<Reconciliation> {
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.name,
          KeyConditionExpression: 'pair = :pair',
          ExpressionAttributeValues: { ':pair': pair },
          ScanIndexForward: false,
          ...(start ? { ExclusiveStartKey: start } : {}),
        }),
      );
      for (const item of page.Items ?? []) yield reconciliation.parse(item);
      start = page.LastEvaluatedKey;
    } while (start);
  }
}
