import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { reconciliation, type Reconciliation } from '../../contracts/reconciliation.js';
import type { Reconciliations } from '../../core/ports.js';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';

/** The history of reconciliations in DynamoDB: a partition a pair, sorted by the time of their beginning. */
export class DynamoReconciliations implements Reconciliations {
  readonly #client: DynamoDBDocumentClient;

  constructor(
    private readonly name: string,
    connection: Connection = {},
  ) {
    this.#client = DynamoDBDocumentClient.from(
      new DynamoDBClient({ maxAttempts: 8, ...clientSettings(connection), requestHandler: REQUEST_TIMEOUT }),
    );
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
