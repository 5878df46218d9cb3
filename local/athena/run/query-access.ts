import { partitionOf } from '../../../contracts/partition.js';
import { splitUri } from '../../../core/prepare/manifest/read-inventory.js';
import type { Authorize } from '../../access/authorize.js';
import type { AwsCall } from '../../access/aws-call.js';
import { denial } from '../../access/denial.js';
import type { Caller } from '../../access/principals.js';
import { CallerStorage, StorageDenied } from '../../s3/caller-storage.js';
import type { EmbeddedS3, PutOptions } from '../../s3/embedded-s3.js';
import { S3Error } from '../../s3/s3-error.js';
import type { QueryExecution } from '../query-execution.js';
import { QueryFailure } from '../query-failure.js';
import { DataSource } from './data-source.js';

export interface AthenaScope {
  region: string;
  accountId: string;
  authorize: Authorize | undefined;
}

/** What Athena does as whoever sent the query: it reads tables in Glue, and objects in S3, and writes the result there. */
export class QueryAccess {
  readonly source: DataSource;
  readonly storage: CallerStorage;
  readonly #scope: AthenaScope;
  readonly #caller: Caller;
  readonly #known = new Set<string>();

  constructor(s3: EmbeddedS3, scope: AthenaScope, caller: Caller) {
    this.#scope = scope;
    this.#caller = caller;
    this.storage = new CallerStorage(s3, scope, caller, VIA_ATHENA);
    this.source = new DataSource(s3, this.storage);
  }

  /**
   * The calls to Glue that a name in FROM makes, once each. Glue asks about every resource on the way to the table.
   * Source: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
   * @throws QueryFailure
   */
  mayReadTable(database: string, table: string): void {
    const { authorize, region, accountId } = this.#scope;
    if (!authorize) return;
    const arn = (resource: string) => `arn:${partitionOf(region)}:glue:${region}:${accountId}:${resource}`;
    const path = [arn('catalog'), arn(`database/${database}`)];
    this.#ask(authorize, 'glue:GetDatabase', path);
    this.#ask(authorize, 'glue:GetTable', [...path, arn(`table/${database}/${table}`)]);
  }

  #ask(authorize: Authorize, action: string, resources: readonly string[]): void {
    const { principal, arn: caller } = this.#caller;
    for (const resource of resources) {
      const key = `${action} ${resource}`;
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      const call = {
        principal,
        caller,
        action,
        resource,
        context: { ...VIA_ATHENA, 'aws:ResourceAccount': this.#scope.accountId },
      };
      if (!authorize(call))
        throw new QueryFailure(`Insufficient permissions to execute the query. ${denial(call)}`, { type: 1003 });
    }
  }

  /** Puts the result and its companion into S3. @throws QueryFailure */
  writeResult(execution: QueryExecution, csv: Buffer): void {
    const url = execution.outputLocation;
    const { bucket, key } = splitUri(url);
    try {
      const options = { contentType: 'application/octet-stream', ...encryptionOf(execution) };
      this.storage.put(bucket, key, csv, options);
      // On AWS a binary file that nobody documents.
      this.storage.put(
        bucket,
        `${key}.metadata`,
        Buffer.from(JSON.stringify({ queryExecutionId: execution.id, columns: execution.columns })),
        options,
      );
    } catch (error) {
      if (!(error instanceof StorageDenied) && !(error instanceof S3Error && error.code === 'NoSuchBucket'))
        throw error;
      throw new QueryFailure(
        `Access denied when writing output to url: ${url} . Please ensure you are allowed to access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed to access your KMS key`,
        { type: 1003, cause: error },
      );
    }
  }
}

function encryptionOf({ request }: QueryExecution): Pick<PutOptions, 'encryption'> {
  const { EncryptionOption: option, KmsKey: keyArn } = request.result.EncryptionConfiguration ?? {};
  if (option === undefined) return {};
  if (option === 'SSE_S3') return { encryption: { kind: 'SSE-S3' } };
  return { encryption: { kind: 'SSE-KMS', ...(keyArn !== undefined && { keyArn }) } };
}

/** Condition keys of what a service calls with its caller's permissions. */
const VIA_ATHENA: AwsCall['context'] = { 'aws:CalledVia': ['athena.amazonaws.com'], 'aws:ViaAWSService': 'true' };
