import { randomUUID } from 'node:crypto';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import { type Engine, type EngineOptions, startEngine } from '../../../local/engine.js';
import type { TableInput } from '../../../local/athena/catalog/table-input.js';

/** An engine with a bucket for results, and Athena's own client on it. */
export async function athenaWorld(options: EngineOptions = {}) {
  const engine = await startEngine(options);
  engine.s3.createBucket('work');
  engine.athena.createDatabase('inventories');
  const client = clientOf(engine, engine.credentials);
  return {
    engine,
    client,
    close: async () => {
      client.destroy();
      await engine.close();
    },
  };
}

export function clientOf(engine: Engine, credentials: { accessKeyId: string; secretAccessKey: string }): AthenaClient {
  return new AthenaClient({ endpoint: engine.endpoint, region: engine.region, credentials, maxAttempts: 1 });
}

export const start = (client: AthenaClient, input: Partial<StartQueryExecutionCommandInput>) =>
  client
    .send(
      new StartQueryExecutionCommand({
        QueryString: 'SELECT 1',
        QueryExecutionContext: { Database: 'inventories' },
        ResultConfiguration: { OutputLocation: 's3://work/results/' },
        ClientRequestToken: randomUUID(),
        ...input,
      }),
    )
    .then(({ QueryExecutionId: id = '' }) => id);

/** Asks for a query until it has ended. */
export async function ended(client: AthenaClient, id: string): Promise<QueryExecution> {
  for (;;) {
    const { QueryExecution: execution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    if (execution && !/QUEUED|RUNNING/.test(execution.Status?.State ?? '')) return execution;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs a query to its end. */
export async function run(client: AthenaClient, query: string, parameters?: string[]): Promise<QueryExecution> {
  const input = { QueryString: query, ...(parameters && { ExecutionParameters: parameters }) };
  return ended(client, await start(client, input));
}

/** The rows of a query that succeeds, without its header; NULL is undefined. */
export async function rows(
  client: AthenaClient,
  query: string,
  parameters?: string[],
): Promise<(string | undefined)[][]> {
  const execution = await run(client, query, parameters);
  if (execution.Status?.State !== 'SUCCEEDED')
    throw new Error(`${execution.Status?.State}: ${execution.Status?.StateChangeReason}`);
  const { ResultSet } = await client.send(new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId }));
  return (ResultSet?.Rows ?? []).slice(1).map(({ Data = [] }) => Data.map((datum) => datum.VarCharValue));
}

/** Why a query does not succeed. */
export async function reason(client: AthenaClient, query: string, parameters?: string[]): Promise<string> {
  const { Status } = await run(client, query, parameters);
  return `${Status?.State}: ${Status?.StateChangeReason}`;
}

const INVENTORY_COLUMNS = ['bucket', 'key', 'size', 'last_modified_date', 'e_tag', 'storage_class'];

/** A table of an inventory in CSV, as Athena's documentation makes it. */
export function inventoryTable(
  name: string,
  folder: string,
  { columns = INVENTORY_COLUMNS, dates = {} }: { columns?: string[]; dates?: Record<string, string> } = {},
): TableInput {
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: [{ Name: 'dt', Type: 'string' }],
    Parameters: {
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd-HH-mm',
      'projection.dt.range': '2024-01-01-00-00,NOW',
      'projection.dt.interval': '1',
      'projection.dt.interval.unit': 'HOURS',
      'storage.location.template': `${folder}hive/dt=\${dt}/`,
      ...dates,
    },
    StorageDescriptor: {
      Columns: columns.map((column) => ({ Name: column, Type: 'string' })),
      Location: `${folder}hive/`,
      InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
    },
  };
}

/** A folder of CSV for each run. */
export function folderTable(
  name: string,
  location: string,
  columns: string[],
  serde: Record<string, string> = {},
): TableInput {
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: [{ Name: 'run', Type: 'string' }],
    Parameters: {
      'projection.enabled': 'true',
      'projection.run.type': 'injected',
      'storage.location.template': `${location}\${run}/report/`,
    },
    StorageDescriptor: {
      Columns: columns.map((column) => ({ Name: column, Type: 'string' })),
      Location: location,
      InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde', Parameters: serde },
    },
  };
}

/** A view as Athena keeps it. */
export function view(name: string, sql: string, columns: string[], schema = 'inventories'): TableInput {
  const presto = {
    originalSql: sql,
    catalog: 'awsdatacatalog',
    schema,
    columns: columns.map((each) => ({ name: each, type: 'varchar' })),
  };
  return {
    Name: name,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(presto)).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
    StorageDescriptor: { Columns: columns.map((each) => ({ Name: each, Type: 'string' })) },
  };
}
