import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';
import { failure, failureIndexes, type Failure } from '../../contracts/failure.js';
import type { AttemptCounts, Clock, FailureTable } from '../../core/ports.js';

/** Items of one BatchWriteItem. */
const BATCH = 25;
const COUNTERS_KEPT_DAYS = 90;
const FAILED = 'failed#';

/** The failure table in DynamoDB. Counters of a run lie under a partition of their own, so that a query of the run finds failures only. */
export class DynamoFailureTable implements FailureTable {
  readonly #client: DynamoDBDocumentClient;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    connection: Connection = {},
  ) {
    this.#client = DynamoDBDocumentClient.from(
      new DynamoDBClient({ maxAttempts: 8, ...clientSettings(connection), requestHandler: REQUEST_TIMEOUT }),
    );
  }

  async reserve(runId: string, cause: string, wanted: number, limit: number): Promise<number> {
    const sums = await this.#add(runId, `recorded#${cause}`, new Map([['taken', wanted]]));
    const takenBefore = (sums.get('taken') ?? 0) - wanted;
    return Math.max(0, Math.min(wanted, limit - takenBefore));
  }

  async put(items: readonly Failure[]): Promise<void> {
    for (let from = 0; from < items.length; from += BATCH) {
      let requests: Record<string, unknown>[] = items
        .slice(from, from + BATCH)
        .map((Item) => ({ PutRequest: { Item } }));
      while (requests.length > 0) {
        const answer = await this.#client.send(new BatchWriteCommand({ RequestItems: { [this.name]: requests } }));
        requests = answer.UnprocessedItems?.[this.name] ?? [];
        if (requests.length > 0) await this.clock.sleep(200);
      }
    }
  }

  ofChunk(runId: string, chunk: string): AsyncIterable<Failure> {
    const { name, partitionKey } = failureIndexes.byChunk;
    return this.#query({
      IndexName: name,
      KeyConditionExpression: '#p = :p',
      ExpressionAttributeNames: { '#p': partitionKey },
      ExpressionAttributeValues: { ':p': `${runId}#${chunk}` },
    });
  }

  ofRun(runId: string): AsyncIterable<Failure> {
    return this.#query({ KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': runId } });
  }

  async count(runId: string, attempts: number, failures: ReadonlyMap<string, number>): Promise<AttemptCounts> {
    const added = new Map([
      ['attempts', attempts],
      ...[...failures].map(([cause, rows]) => [`${FAILED}${cause}`, rows] as const),
    ]);
    const sums = await this.#add(runId, 'attempts', added);
    const failed = [...sums]
      .filter(([name]) => name.startsWith(FAILED))
      .map(([name, rows]) => [name.slice(FAILED.length), rows] as const);
    return { attempts: sums.get('attempts') ?? 0, failures: new Map(failed) };
  }

  async stop(runId: string, cause: string): Promise<void> {
    await this.#client.send(
      new UpdateCommand({
        TableName: this.name,
        Key: { pk: counters(runId), sk: 'stop' },
        UpdateExpression: 'SET cause = if_not_exists(cause, :cause), expiresAt = :expiresAt',
        ExpressionAttributeValues: { ':cause': cause, ':expiresAt': this.#expiry() },
      }),
    );
  }

  async stopCause(runId: string): Promise<string | undefined> {
    const answer = await this.#client.send(
      new GetCommand({ TableName: this.name, Key: { pk: counters(runId), sk: 'stop' }, ConsistentRead: true }),
    );
    return answer.Item?.['cause'] as string | undefined;
  }

  /** Adds to numbers of one counter item and answers all of its numbers. */
  async #add(runId: string, counter: string, numbers: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const names = [...numbers.keys()];
    const answer = await this.#client.send(
      new UpdateCommand({
        TableName: this.name,
        Key: { pk: counters(runId), sk: counter },
        UpdateExpression: `SET expiresAt = :expiresAt ADD ${names.map((_, index) => `#n${index} :n${index}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
        ExpressionAttributeValues: {
          ':expiresAt': this.#expiry(),
          ...Object.fromEntries(names.map((name, index) => [`:n${index}`, numbers.get(name)])),
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return new Map(
      Object.entries(answer.Attributes ?? {}).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number',
      ),
    );
  }

  async *#query(query: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Failure> {
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await this.#client.send(
        new QueryCommand({ ...query, TableName: this.name, ...(start ? { ExclusiveStartKey: start } : {}) }),
      );
      for (const item of page.Items ?? []) yield failure.parse(item);
      start = page.LastEvaluatedKey;
    } while (start);
  }

  #expiry(): number {
    return Math.floor(this.clock.now() / 1000) + COUNTERS_KEPT_DAYS * 86_400;
  }
}

function counters(runId: string): string {
  return `counters#${runId}`;
}
