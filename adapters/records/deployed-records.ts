import { clock } from '../clock.js';
import { liveRunOf } from '../../contracts/live-run.js';
import { pairTags } from '../../contracts/pair.js';
import type { Reconciliation } from '../../contracts/reconciliation.js';
import type { Connection } from '../connection.js';
import { DynamoFailureTable } from '../dynamodb/failure-table.js';
import { DynamoReconciliations } from '../dynamodb/reconciliations.js';
import { NotFound } from '../not-found.js';
import { createS3Client } from '../s3/client.js';
import { S3FileStore } from '../s3/file-store.js';
import { executionArnOf } from '../step-functions/arns.js';
import type { DeployedPair } from '../step-functions/deployed-pair.js';
import { RunClient, type RunDescription } from '../step-functions/run-client.js';
import type { RunRecord, RunRecords } from './run-records.js';

/** Tries of the SDK for one call. */
const ATTEMPTS = 4;

/** What a deployed pair did: executions of its state machine, files of its work bucket, items of its tables. */
export class DeployedRecords implements RunRecords {
  readonly runs: RunClient;
  readonly #files: S3FileStore;
  readonly #failures: DynamoFailureTable;

  constructor(
    readonly pair: DeployedPair,
    private readonly connection: Connection,
    s3Connection: Connection,
  ) {
    this.runs = new RunClient(connection);
    this.#files = new S3FileStore(createS3Client(s3Connection, ATTEMPTS), pair.workBucket);
    this.#failures = new DynamoFailureTable(pair.failureTable, clock, connection);
  }

  async *list(): AsyncGenerator<RunDescription> {
    for await (const executionArn of this.runs.list(this.pair.stateMachineArn))
      yield await this.runs.describe(executionArn);
  }

  async open(name: string): Promise<RunRecord> {
    const executionArn = executionArnOf(this.pair.stateMachineArn, name);
    const isLive = liveRunOf(name) !== undefined;
    if (!isLive && !(await this.runs.exists(executionArn)))
      throw new NotFound(`Pair "${this.pair.pair}" has no run "${name}". \`s3-backfill runs\` lists those it has.`);
    return {
      name,
      files: this.#files,
      addressOf: (key) => `s3://${this.#files.bucket}/${key}`,
      describe: () => (isLive ? Promise.resolve(dayOfLiveCopy(name)) : this.runs.describe(executionArn)),
      failures: () => this.#failures.ofRun(name),
      events: () => this.runs.history(executionArn),
      failedChildren: () => this.runs.failedChildren(executionArn),
    };
  }

  /** The pair's history of reconciliations, newest first. Throws NotFound where the pair was deployed before it was kept. */
  reconciliations(): AsyncIterable<Reconciliation> {
    const { pair, reconciliations } = this.pair;
    if (reconciliations === undefined)
      throw new NotFound(
        `Pair "${pair}" has no history of reconciliations: its state machine has no tag ${pairTags.reconciliations}. Deploy the pair again; from then on it is reconciled every day.`,
      );
    return new DynamoReconciliations(reconciliations, this.connection).ofPair(pair);
  }
}

/** No execution, but a day with failures of a live copy. */
function dayOfLiveCopy(name: string): RunDescription {
  const startedAt = Date.parse(name.slice('live-'.length, 'live-YYYY-MM-DD'.length));
  return {
    name,
    status: 'SUCCEEDED',
    startedAt,
    stoppedAt: undefined,
    output: undefined,
    error: undefined,
    cause: undefined,
  };
}
