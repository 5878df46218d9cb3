import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { athenaNames, athenaTables, workGroupConfiguration } from '../contracts/athena-tables.js';
import type { Environment } from '../contracts/environment.js';
import { failureTableDefinition } from '../contracts/failure.js';
import { partitionOf } from '../contracts/partition.js';
import { LIVE_HANDLERS } from '../contracts/live.js';
import {
  pairTags,
  reconcileMachineName,
  stateMachineName,
  type PairBounds,
  type RunBounds,
} from '../contracts/pair.js';
import { restoreOf } from '../contracts/restore.js';
import { reconciliationsDefinition } from '../contracts/reconciliation.js';
import { handlersOfBackfill, readBackfill, readDefinitions } from '../state-machines/definitions.js';
import type { Json } from '../state-machines/substitute.js';
import { bundleTogether, projectRoot } from './bundle.js';
import type { Engine } from './engine.js';

/** Seconds that a Lambda function may take at most on AWS, and the memory that most of ours get by with. */
const DEFAULTS = { timeoutMs: 900_000, memoryMb: 1024 };

export interface PipelineOptions {
  /** `demo` by default. */
  pair?: string;
  /** The buckets that runs are bound to, as on AWS; without them each request names its own. */
  bounds?: PairBounds;
  /** Created if need be; `s3-backfill-<pair>-work` by default. */
  workBucket?: string;
  /** Rows in one chunk; 10,000 by default. */
  chunkRows?: number;
  /** Bytes of a CSV manifest that one call of IndexFile reads; 64 MiB by default. */
  pieceBytes?: number;
  /** The first delay of a call that is tried again, in milliseconds; 100 by default. */
  retryDelayMs?: number;
  /** The AWS environment in which source, destination and inventory are found, where that is not the engine. */
  objects?: Readonly<Record<string, string>>;
  /** By handler (`copy-chunk`), where it differs from 15 minutes and 1,024 MB. */
  functions?: Readonly<Record<string, Partial<typeof DEFAULTS>>>;
}

export interface Pipeline {
  pair: string;
  stateMachineArn: string;
  reconcileMachineArn: string;
  /** Of the pair's restore, where its bounds have one. */
  restoreMachineArn?: string;
  workBucket: string;
  failureTable: string;
  /** The table with the history of reconciliations. */
  reconciliations: string;
  /** Names of the Lambda functions by handler: `{'copy-chunk': 's3-backfill-demo-copy-chunk', …}`. */
  functionNames: Readonly<Record<string, string>>;
}

/** Deploys a pair on the embedded engine: what the CDK app does on AWS, from the same handlers and the same ASL. */
export async function deployPipeline(engine: Engine, options: PipelineOptions = {}): Promise<Pipeline> {
  const { pair = 'demo', functions = {} } = options;
  const workBucket = options.workBucket ?? `s3-backfill-${pair}-work`;
  const failureTable = `s3-backfill-${pair}-failures`;
  const reconciliations = `s3-backfill-${pair}-reconciliations`;
  const handlers = await handlerSources();
  expectKnown(Object.keys(functions), Object.keys(handlers));
  const entries = Object.entries(handlers).map(([handler, path]) => [pascalCase(handler), path]);
  const code = { bundle: await bundleTogether(Object.fromEntries(entries)), sharesModules: true };

  engine.s3.createBucket(workBucket);
  await engine.dynamodb.createTable(failureTableDefinition(failureTable));
  await engine.dynamodb.createTable(reconciliationsDefinition(reconciliations));
  if (options.bounds) createAthena(engine, pair, options.bounds, workBucket);
  const partition = partitionOf(engine.region);
  const environmentFor = (name: string) =>
    environmentOf(
      engine,
      {
        BACKFILL_PAIR: name,
        BACKFILL_WORK_BUCKET: workBucket,
        BACKFILL_FAILURE_TABLE: failureTable,
        BACKFILL_RECONCILIATIONS: reconciliations,
        BACKFILL_JOB_ROLE: `arn:${partition}:iam::${engine.accountId}:role/s3-backfill-${pair}-jobs`,
        ...(options.chunkRows === undefined ? {} : { BACKFILL_CHUNK_ROWS: options.chunkRows }),
        ...(options.pieceBytes === undefined ? {} : { BACKFILL_PIECE_BYTES: options.pieceBytes }),
        ...(options.retryDelayMs === undefined ? {} : { BACKFILL_RETRY_DELAY_MS: options.retryDelayMs }),
      },
      options.objects,
    );
  /** What a definition is made of, with functions of its own: the values in it, and the functions' names. */
  const makeFunctions = (name: string, bounds: RunBounds | undefined, names: readonly string[]) => {
    const environment = environmentFor(name);
    const functionNames: Record<string, string> = {};
    const values: Record<string, string> = {
      Partition: partition,
      LambdaInvoke: `arn:${partition}:states:::lambda:invoke`,
      WorkBucket: workBucket,
      Pair: JSON.stringify({ name, bounds }),
    };
    for (const handler of names) {
      functionNames[handler] = `s3-backfill-${name}-${handler}`;
      values[`${pascalCase(handler)}Function`] = engine.lambda.createFunction({
        name: functionNames[handler],
        ...code,
        handlerName: pascalCase(handler),
        environment,
        ...DEFAULTS,
        ...functions[handler],
      });
    }
    return { functionNames, values };
  };
  const roleArn = `arn:${partition}:iam::${engine.accountId}:role/s3-backfill-${pair}`;
  const createBackfill = (name: string, definition: Json) =>
    createStateMachine(engine, {
      name: stateMachineName(name),
      definition: JSON.stringify(definition),
      roleArn,
      tags: [
        { key: pairTags.pair, value: name },
        { key: pairTags.workBucket, value: workBucket },
        { key: pairTags.failureTable, value: failureTable },
        { key: pairTags.reconciliations, value: reconciliations },
      ],
    });

  const { functionNames, values } = makeFunctions(pair, options.bounds, Object.keys(handlers));
  const definitions = readDefinitions(projectRoot, {
    ...values,
    BackfillMachine: `arn:${partition}:states:${engine.region}:${engine.accountId}:stateMachine:${stateMachineName(pair)}`,
  });
  const stateMachineArn = await createBackfill(pair, definitions.backfill);
  const reconcileMachineArn = await createStateMachine(engine, {
    name: reconcileMachineName(pair),
    definition: JSON.stringify(definitions.reconcile),
    roleArn,
  });
  const pipeline = {
    pair,
    stateMachineArn,
    reconcileMachineArn,
    workBucket,
    failureTable,
    reconciliations,
    functionNames,
  };
  if (!options.bounds?.restore) return pipeline;
  const restore = restoreOf({ name: pair, bounds: options.bounds });
  const ofRestore = makeFunctions(restore.name, restore.bounds, handlersOfBackfill(projectRoot));
  const restoreMachineArn = await createBackfill(restore.name, readBackfill(projectRoot, ofRestore.values));
  return { ...pipeline, restoreMachineArn };
}

/** The pair's workgroup and tables, as a stack has them. */
function createAthena({ athena }: Engine, pair: string, bounds: PairBounds, workBucket: string): void {
  const { workGroup, database } = athenaNames(pair);
  athena.createWorkGroup({ name: workGroup, configuration: workGroupConfiguration(workBucket, bounds) });
  for (const table of athenaTables(pair, bounds, workBucket)) athena.createTable(database, table);
}

/** One file a Lambda function. */
async function handlerSources(): Promise<Record<string, string>> {
  const files = await readdir(join(projectRoot, 'handlers'));
  const ofLive = new Set(LIVE_HANDLERS.map((name) => `${name}.ts`));
  const handlers = files.filter((file) => file.endsWith('.ts') && !ofLive.has(file)).sort();
  return Object.fromEntries(handlers.map((file) => [basename(file, '.ts'), `handlers/${file}`]));
}

function expectKnown(given: string[], handlers: string[]): void {
  const unknown = given.filter((name) => !handlers.includes(name));
  if (unknown.length > 0)
    throw new Error(`Expected handlers out of ${handlers.join(', ')}; got ${unknown.join(', ')}.`);
}

/** Variables of every function: the pair's own, the engine for its own files, and where objects are (the engine as well, unless told). */
function environmentOf(
  engine: Engine,
  pipeline: Omit<Partial<Environment>, 'BACKFILL_ENGINE' | 'BACKFILL_LIVE'>,
  objects: PipelineOptions['objects'],
): Record<string, string> {
  const { endpoint, region, credentials } = engine;
  return {
    ...Object.fromEntries(Object.entries(pipeline).map(([name, value]) => [name, String(value)])),
    BACKFILL_ENGINE: JSON.stringify({ endpoint, region, credentials }),
    ...(objects ?? {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    // No daemon listens for traces here, and X-Ray's SDK would hook into every promise of a worker that functions share.
    POWERTOOLS_TRACE_ENABLED: 'false',
    AWS_XRAY_MANUAL_MODE: 'true',
    // On AWS the functions run on a newer Node than this machine may have.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

async function createStateMachine(engine: Engine, input: { name: string; [field: string]: unknown }): Promise<string> {
  const { status, body } = await engine.stepFunctions.handle('CreateStateMachine', input);
  if (status !== 200) throw new Error(`The state machine ${input.name} was refused: ${JSON.stringify(body)}`);
  return (body as { stateMachineArn: string }).stateMachineArn;
}

function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
