import {
  BatchWriteCommand,
  GetCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Connection } from '../connection.js';
import { documentClient } from './document-client.js';
import { failure, failureIndexes, type Failure } from '../../contracts/failure.js';
import type { Amount, AttemptCounts, Clock, FailureTable } from '../../core/ports.js';

/** Items of one BatchWriteItem. */
const BATCH = 25;
const COUNTERS_KEPT_DAYS = 90;
const FAILED = 'failed#';
/** Counter of what a run has copied, or has given its workers leave to. */
const BUDGET = 'budget';
const AMOUNTS = ['objects', 'bytes'] as const;

/** The failure table in DynamoDB. Counters of a run lie under a partition of their own, so that a query of the run finds failures only. */
export class DynamoFailureTable implements FailureTable {
  readonly #client: DynamoDBDocumentClient;
  /** For what must not be done twice. */
  readonly #once: DynamoDBDocumentClient;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    connection: Connection = {},
  ) {
    this.#client = documentClient(connection);
    this.#once = documentClient(connection, 1);
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

  async take(
    runId: string,
    least: Partial<Amount>,
    wanted: Partial<Amount>,
    most: Partial<Amount>,
  ): ReturnType<FailureTable['take']> {
    const names = AMOUNTS.filter((name) => most[name] !== undefined);
    const sumOf = (item: Record<string, unknown> | undefined, name: keyof Amount) => Number(item?.[name] ?? 0);
    const never = names.find((name) => (least[name] ?? 0) > (most[name] ?? 0));
    if (never) return { kind: 'spent', of: never };
    let amount: Partial<Amount> = Object.fromEntries(
      names.map((name) => [name, Math.min(wanted[name] ?? 0, most[name] ?? 0)]),
    );
    for (;;) {
      const sums = await this.#takeWhole(runId, amount, most);
      if (sums) {
        const left = Object.fromEntries(names.map((name) => [name, (most[name] ?? 0) - sumOf(sums, name)]));
        return { kind: 'taken', amount, left };
      }
      // Somebody else may take from it meanwhile; then it is less at the next look, until there is not enough.
      const item = await this.#counter(runId, BUDGET);
      const left = (name: keyof Amount) => Math.max(0, (most[name] ?? 0) - sumOf(item, name));
      const spent = names.find((name) => left(name) < (least[name] ?? 0));
      if (spent) return { kind: 'spent', of: spent };
      amount = Object.fromEntries(names.map((name) => [name, Math.min(amount[name] ?? 0, left(name))]));
    }
  }

  /** Asked once, whatever comes of it: given back twice it would be copied twice, and lost it is only not copied. */
  async giveBack(runId: string, amount: Partial<Amount>): Promise<void> {
    const numbers = new Map(Object.entries(amount).map(([name, value]) => [name, -value]));
    await this.#add(runId, BUDGET, numbers, this.#once).catch(() => undefined);
  }

  /** Takes all of an amount, or nothing: then undefined. */
  async #takeWhole(
    runId: string,
    amount: Partial<Amount>,
    most: Partial<Amount>,
  ): Promise<Record<string, unknown> | undefined> {
    const names = AMOUNTS.filter((name) => most[name] !== undefined);
    try {
      const answer = await this.#client.send(
        new UpdateCommand({
          TableName: this.name,
          Key: { pk: counters(runId), sk: BUDGET },
          UpdateExpression: `SET expiresAt = :expiresAt ADD ${names.map((name) => `#${name} :${name}`).join(', ')}`,
          ConditionExpression: names
            .map((name) => `(attribute_not_exists(#${name}) OR #${name} <= :${name}Before)`)
            .join(' AND '),
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ':expiresAt': this.#expiry(),
            ...Object.fromEntries(
              names.flatMap((name) => [
                [`:${name}`, amount[name] ?? 0],
                [`:${name}Before`, (most[name] ?? 0) - (amount[name] ?? 0)],
              ]),
            ),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return answer.Attributes ?? {};
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
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
    return (await this.#counter(runId, 'stop'))?.['cause'] as string | undefined;
  }

  async #counter(runId: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const answer = await this.#client.send(
      new GetCommand({ TableName: this.name, Key: { pk: counters(runId), sk }, ConsistentRead: true }),
    );
    return answer.Item;
  }

  /** Adds to numbers of one counter item and answers all of its numbers. */
  async #add(
    runId: string,
    counter: string,
    numbers: ReadonlyMap<string, number>,
    client = this.#client,
  ): Promise<Map<string, number>> {
    const names = [...numbers.keys()];
    const answer = await client.send(
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
