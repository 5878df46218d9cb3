import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  InternalServerException,
  InvalidRequestException,
  StartQueryExecutionCommand,
  TooManyRequestsException,
  type QueryExecution,
} from '@aws-sdk/client-athena';
import { BackfillError } from '../../core/errors.js';
import type { Queries, QueryProgress } from '../../core/ports.js';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';

/** Tries of the SDK for one call; the state machine tries again after that. */
const ATTEMPTS = 4;

/** Queries in Athena: in a workgroup, which says where results go and how much a query may scan, of one database. */
export class AthenaQueries implements Queries {
  readonly #client: AthenaClient;

  constructor(
    private readonly place: { workGroup: string; database: string },
    connection: Connection = {},
  ) {
    this.#client = new AthenaClient({
      maxAttempts: ATTEMPTS,
      ...clientSettings(connection),
      requestHandler: REQUEST_TIMEOUT,
    });
  }

  async start(sql: string, parameters: readonly string[], token: string): Promise<string> {
    const { workGroup, database } = this.place;
    const answer = await asked(() =>
      this.#client.send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          ExecutionParameters: [...parameters],
          ClientRequestToken: token,
          WorkGroup: workGroup,
          QueryExecutionContext: { Database: database },
        }),
      ),
    );
    return answer.QueryExecutionId ?? '';
  }

  async check(id: string): Promise<QueryProgress> {
    const { QueryExecution: query } = await asked(() =>
      this.#client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
    );
    switch (query?.Status?.State) {
      case 'QUEUED':
      case 'RUNNING':
        return { kind: 'running' };
      case 'SUCCEEDED':
        return {
          kind: 'ended',
          rows: query.ResultConfiguration?.OutputLocation ?? '',
          scannedBytes: query.Statistics?.DataScannedInBytes ?? 0,
        };
      case 'FAILED':
      case 'CANCELLED':
      case undefined:
        throw endOf(id, query);
    }
  }

  async row(id: string): Promise<Record<string, string>> {
    const { ResultSet } = await asked(() =>
      this.#client.send(new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 2 })),
    );
    const [names = [], values = []] = (ResultSet?.Rows ?? []).map(({ Data = [] }) => Data);
    return Object.fromEntries(names.map(({ VarCharValue: name = '' }, at) => [name, values[at]?.VarCharValue ?? '']));
  }
}

/** What ended a query that did not succeed. A query that scans too much is ended as one that failed, or was cancelled. */
function endOf(id: string, query: QueryExecution | undefined): BackfillError {
  const { State, StateChangeReason: reason = 'Athena gives no reason.' } = query?.Status ?? {};
  const what = `Query ${id} in the workgroup ${query?.WorkGroup ?? ''}`;
  if (/bytes scanned limit/i.test(reason))
    return new BackfillError(
      'QueryOverScanLimit',
      `${what} was ended by Athena: it would scan more than the workgroup lets a query scan. Raise the pair's reconcile.maxScannedBytes, or have the inventories delivered as Parquet.`,
    );
  if (State === 'CANCELLED')
    return new BackfillError('QueryCancelled', `${what} was cancelled: ${reason} Start the reconciliation again.`);
  return new BackfillError(
    'QueryFailed',
    `${what} failed: ${reason} Look at it in Athena's console; an inventory that cannot be read needs a newer one.`,
  );
}

/** Under names that the state machine's Retry knows, where it passes. */
async function asked<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof TooManyRequestsException) throw named('ThrottlingException', error);
    if (error instanceof InternalServerException) throw named('InternalServerError', error);
    if (error instanceof InvalidRequestException)
      throw new BackfillError('QueryFailed', `Athena refused the query: ${error.message}`, { cause: error });
    throw error;
  }
}

function named(name: string, cause: Error): Error {
  return Object.assign(new Error(`Athena: ${cause.message}`, { cause }), { name });
}
