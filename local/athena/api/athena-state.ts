import { once } from 'node:events';
import { splitUri } from '../../../core/prepare/manifest/read-inventory.js';
import type { Caller } from '../../access/principals.js';
import type { Clock } from '../../clock.js';
import { StorageDenied } from '../../s3/caller-storage.js';
import type { EmbeddedS3 } from '../../s3/embedded-s3.js';
import { Catalog } from '../catalog/catalog.js';
import type { AthenaEffect } from '../faults.js';
import type { QueryExecution } from '../query-execution.js';
import { QueryFailure } from '../query-failure.js';
import { QueryDatabase } from '../run/duckdb.js';
import { LocalFiles } from '../run/local-files.js';
import { type AthenaScope, QueryAccess } from '../run/query-access.js';
import { runQuery } from '../run/run-query.js';
import { type ParsedQuery, parseQuery } from '../sql/parse-query.js';
import type { ResultConfiguration, WorkGroup } from '../work-groups.js';
import { PageTokens } from './page-tokens.js';
import { invalidRequest } from './service-error.js';

/** All that the operations share: workgroups, tables, queries, and where they run. */
export class AthenaState {
  readonly catalog = new Catalog();
  readonly workGroups = new Map<string, WorkGroup>();
  readonly executions = new Map<string, QueryExecution>();
  /** By ClientRequestToken: what was asked for, and the id of the query that came of it. */
  readonly tokens = new Map<string, { fingerprint: string; started: Promise<string> }>();
  readonly pages = new PageTokens();
  readonly #s3: EmbeddedS3;
  readonly #clock: Clock;
  readonly #scope: AthenaScope;
  readonly #database = new QueryDatabase();
  readonly #files = new LocalFiles(this.#database);
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #free = CONCURRENT;

  constructor(s3: EmbeddedS3, clock: Clock, scope: AthenaScope) {
    this.#s3 = s3;
    this.#clock = clock;
    this.#scope = scope;
  }

  now(): number {
    return this.#clock.now();
  }

  /** @throws ServiceError */
  workGroup(name: string): WorkGroup {
    const found = this.workGroups.get(name);
    if (!found) throw invalidRequest(`WorkGroup ${name} is not found.`, 'WORKGROUP_NOT_FOUND');
    return found;
  }

  /** @throws ServiceError */
  execution(id: string): QueryExecution {
    const found = this.executions.get(id);
    if (!found) throw invalidRequest(`QueryExecution ${id} was not found`, 'QUERY_EXECUTION_NOT_FOUND');
    return found;
  }

  /** Whether the place of a result is there and the caller may know of it. @throws ServiceError */
  checkOutput({ OutputLocation: location, ExpectedBucketOwner: owner }: ResultConfiguration, caller: Caller): void {
    const [, bucket = ''] = /^s3:\/\/([^/]+)/.exec(location ?? '') ?? [];
    try {
      this.#access(caller).storage.check('s3:GetBucketLocation', bucket);
    } catch (error) {
      if (error instanceof StorageDenied) throw invalidRequest(`Unable to verify/create output bucket ${bucket}`);
      throw error;
    }
    if (!this.#s3.hasBucket(bucket)) throw invalidRequest(`Unable to verify/create output bucket ${bucket}`);
    if (owner !== undefined && owner !== this.#s3.ownerOf(bucket))
      throw invalidRequest(`The bucket ${bucket} belongs to another account than ${owner}`);
  }

  async parse(query: string): Promise<ParsedQuery> {
    const duckdb = await this.#database.connect();
    try {
      return await parseQuery(duckdb, query);
    } finally {
      duckdb.closeSync();
    }
  }

  /** The file of a result, as its caller reads it. @throws ServiceError */
  resultFile(execution: QueryExecution, caller: Caller): Buffer | undefined {
    const { bucket, key } = splitUri(execution.outputLocation);
    try {
      return this.#access(caller).storage.get(bucket, key)?.body;
    } catch (error) {
      if (error instanceof StorageDenied)
        throw invalidRequest(
          `Access denied when reading ${execution.outputLocation}. ${error.message}`,
          'ACCESS_DENIED',
        );
      throw error;
    }
  }

  /** Lets a query run; some run at a time, the others are QUEUED. */
  launch(execution: QueryExecution, effect?: AthenaEffect): void {
    this.executions.set(execution.id, execution);
    const running = this.#run(execution, effect).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Stops all queries and removes their files. */
  async close(): Promise<void> {
    for (const execution of this.executions.values()) {
      execution.end('CANCELLED', this.now(), new QueryFailure('The engine was closed', { state: 'CANCELLED' }));
      execution.stopped.abort();
    }
    await Promise.all(this.#running);
    await this.#database.close();
  }

  async #run(execution: QueryExecution, effect: AthenaEffect | undefined): Promise<void> {
    try {
      if (effect) return await meet(execution, effect, this.now());
      await this.#slot();
      try {
        if (execution.hasEnded) return;
        execution.run(this.now());
        await runQuery(execution, {
          catalog: this.catalog,
          database: this.#database,
          files: this.#files,
          access: this.#access(execution.request.caller),
          now: () => this.now(),
        });
        execution.end('SUCCEEDED', this.now());
      } finally {
        this.#release();
      }
    } catch (error) {
      const failure =
        error instanceof QueryFailure
          ? error
          : new QueryFailure(`GENERIC_INTERNAL_ERROR: ${(error as Error).message}`, {
              category: 1,
              type: 200,
              cause: error,
            });
      execution.end(failure.state, this.now(), failure);
    }
  }

  async #slot(): Promise<void> {
    // A query is QUEUED until its request is answered.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }

  #access(caller: Caller): QueryAccess {
    return new QueryAccess(this.#s3, this.#scope, caller);
  }
}

/** What a planted fault makes of a query. @throws QueryFailure */
async function meet(execution: QueryExecution, effect: AthenaEffect, now: number): Promise<void> {
  execution.run(now);
  if ('fail' in effect) throw new QueryFailure(effect.fail, effect);
  const { signal } = execution.stopped;
  if ('hang' in effect && !signal.aborted) await once(signal, 'abort');
}

/** One machine has memory for so many at a time. */
const CONCURRENT = 2;
