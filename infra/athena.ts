import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { athenaNames, athenaTables, workGroupConfiguration } from '../contracts/athena-tables.js';
import { isReachedByKeys } from '../contracts/side.js';
import { pascalCase } from './functions.js';
import { root } from './machine.js';
import type { PairBounds } from '../contracts/pair.js';
import type { Workplace } from './permission-statements.js';

/**
 * A pair's tables in Athena, the workgroup that its queries run in, which bounds what each may scan, and saved queries for
 * people. In Glue's catalog of the account, as one database a pair.
 */
export function createAthena(
  scope: Construct,
  { pair, bounds, workBucket }: Pick<Workplace, 'pair' | 'workBucket'> & { bounds: PairBounds },
  key: IKey | undefined,
): void {
  const { workGroup, database } = athenaNames(pair.name);
  const catalogId = Stack.of(scope).account;
  const glueDatabase = new CfnDatabase(scope, 'Database', {
    catalogId,
    databaseInput: {
      name: database,
      description: `Inventories and completion reports of the pair ${pair.name} (s3-backfill).`,
    },
  });
  for (const table of athenaTables(pair.name, bounds, workBucket)) {
    const { Name, Description, TableType, Parameters, PartitionKeys, StorageDescriptor } = table;
    const columns = (list: typeof StorageDescriptor.Columns) =>
      list.map((each) => ({ name: each.Name, type: each.Type }));
    const { Location, InputFormat, OutputFormat, SerdeInfo } = StorageDescriptor;
    const glueTable = new CfnTable(scope, `${pascalCase(Name.replaceAll('_', '-'))}Table`, {
      catalogId,
      databaseName: database,
      tableInput: {
        name: Name,
        description: Description,
        tableType: TableType,
        parameters: Parameters,
        ...(PartitionKeys ? { partitionKeys: columns(PartitionKeys) } : {}),
        storageDescriptor: {
          columns: columns(StorageDescriptor.Columns),
          ...(Location === undefined ? {} : { location: Location }),
          ...(InputFormat === undefined ? {} : { inputFormat: InputFormat }),
          ...(OutputFormat === undefined ? {} : { outputFormat: OutputFormat }),
          ...(SerdeInfo
            ? {
                serdeInfo: {
                  serializationLibrary: SerdeInfo.SerializationLibrary,
                  ...(SerdeInfo.Parameters ? { parameters: SerdeInfo.Parameters } : {}),
                },
              }
            : {}),
        },
        ...(table.ViewOriginalText === undefined ? {} : { viewOriginalText: table.ViewOriginalText }),
        ...(table.ViewExpandedText === undefined ? {} : { viewExpandedText: table.ViewExpandedText }),
      },
    });
    glueTable.addResourceDependency(glueDatabase);
  }
  const { ResultConfiguration, ...configuration } = workGroupConfiguration(workBucket, bounds);
  const athena = new CfnWorkGroup(scope, 'WorkGroup', {
    name: workGroup,
    description: `Queries of the pair ${pair.name} (s3-backfill); none scans more than the pair says.`,
    // People's queries in it are theirs.
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: configuration.EnforceWorkGroupConfiguration,
      bytesScannedCutoffPerQuery: configuration.BytesScannedCutoffPerQuery,
      publishCloudWatchMetricsEnabled: true,
      engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
      resultConfiguration: {
        outputLocation: ResultConfiguration.OutputLocation,
        expectedBucketOwner: Stack.of(scope).account,
        encryptionConfiguration: key
          ? { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn }
          : { encryptionOption: 'SSE_S3' },
      },
    },
  });
  athena.applyRemovalPolicy(RemovalPolicy.DESTROY);
  for (const file of readdirSync(join(root(), 'queries/inspect')).sort()) {
    const text = readFileSync(join(root(), 'queries/inspect', file), 'utf8');
    // There is no such table.
    if (!bounds.destinationInventory && text.includes('destination_objects')) continue;
    if (isReachedByKeys(bounds.source) && /source_objects|inventory_source/.test(text)) continue;
    createQuery(scope, basename(file, '.sql'), text, database, athena);
  }
}

/** A file of queries/inspect; its comment is its description. */
function createQuery(scope: Construct, name: string, text: string, database: string, workGroup: CfnWorkGroup): void {
  const comment = text.match(/^-- .*$/gm) ?? [];
  const query = new CfnNamedQuery(scope, `${pascalCase(name)}Query`, {
    name,
    database,
    workGroup: workGroup.name,
    description: comment.map((line) => line.slice('-- '.length)).join(' '),
    queryString: text,
  });
  query.addResourceDependency(workGroup);
}
