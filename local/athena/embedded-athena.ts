import { randomUUID } from 'node:crypto';
import type { Authorize } from '../access/authorize.js';
import { athenaCalls } from '../access/athena-calls.js';
import { denial } from '../access/denial.js';
import type { Caller } from '../access/principals.js';
import type { Clock } from '../clock.js';
import type { JsonAnswer } from '../doors/json-door.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import { AthenaState } from './api/athena-state.js';
import { getQueryExecution } from './api/get-query-execution.js';
import { getQueryResults } from './api/get-query-results.js';
import { getWorkGroup } from './api/get-work-group.js';
import { type Members, readMembers } from './api/request.js';
import { ServiceError } from './api/service-error.js';
import { startQueryExecution } from './api/start-query-execution.js';
import { stopQueryExecution } from './api/stop-query-execution.js';
import type { TableInput } from './catalog/table-input.js';
import { type AthenaEffect, AthenaFaults } from './faults.js';
import { readWorkGroup, type WorkGroupConfiguration } from './work-groups.js';

export interface EmbeddedAthenaOptions {
  s3: EmbeddedS3;
  clock: Clock;
  region: string;
  accountId: string;
  authorize?: Authorize | undefined;
}

/** Athena over DuckDB: SELECT queries on tables whose files are objects of the embedded S3, results written there too. */
export class EmbeddedAthena {
  readonly faults = new AthenaFaults();
  readonly #state: AthenaState;
  readonly #scope: { region: string; accountId: string; authorize: Authorize | undefined };

  constructor({ s3, clock, region, accountId, authorize }: EmbeddedAthenaOptions) {
    this.#scope = { region, accountId, authorize };
    this.#state = new AthenaState(s3, clock, this.#scope);
    this.createWorkGroup({ name: 'primary', configuration: { EnforceWorkGroupConfiguration: false } });
  }

  /** Makes a workgroup, or makes one anew. Throws an Error where the embedded Athena does not do what it says. */
  createWorkGroup({ name, configuration = {} }: { name: string; configuration?: WorkGroupConfiguration }): void {
    this.#state.workGroups.set(name, readWorkGroup(name, configuration, this.#state.now()));
  }

  /** Makes a database of Glue's catalog; one that is there stays as it is. */
  createDatabase(name: string): void {
    this.#state.catalog.createDatabase(name);
  }

  /**
   * Makes a table or a view, and its database, or makes it anew.
   * @param input as CloudFormation's `AWS::Glue::Table.TableInput`. Throws an Error where the embedded Athena does not do what it says
   */
  createTable(database: string, input: TableInput): void {
    this.#state.catalog.createTable(database, input);
  }

  deleteTable(database: string, name: string): void {
    this.#state.catalog.deleteTable(database, name);
  }

  /** Answers one call. @param body JSON text */
  async handle(operation: string, body: string, caller: Caller): Promise<JsonAnswer> {
    try {
      const perform = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!perform)
        throw new ServiceError(
          'UnknownOperationException',
          `The embedded Athena does not do ${operation || 'a call without a target'}.`,
        );
      const members = readMembers(body);
      this.#authorize(operation, members, caller);
      const effect = this.faults.strike({ operation, query: this.#queryOf(members) });
      if (effect && 'error' in effect) throw injected(effect);
      return json(200, await perform(this.#state, members, caller, effect));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const { code, message, members } = error;
      return json(code === 'InternalServerException' ? 500 : 400, {
        __type: code,
        ...members,
        Message: message,
        message,
      });
    }
  }

  /** Stops all queries and removes their files. */
  async close(): Promise<void> {
    await this.#state.close();
  }

  #authorize(operation: string, members: Members, { principal, arn: caller }: Caller): void {
    const { authorize } = this.#scope;
    if (!authorize) return;
    for (const each of athenaCalls(operation, this.#workGroupOf(operation, members), this.#scope)) {
      const call = { principal, caller, ...each };
      if (!authorize(call)) throw new ServiceError('AccessDeniedException', denial(call));
    }
  }

  #workGroupOf(operation: string, { WorkGroup: name, QueryExecutionId: id }: Members): string | undefined {
    if (typeof id === 'string') return this.#state.executions.get(id)?.request.workGroup.name;
    if (typeof name === 'string') return name;
    return operation === 'StartQueryExecution' ? 'primary' : undefined;
  }

  #queryOf({ QueryString: text, QueryExecutionId: id }: Members): string | undefined {
    if (typeof text === 'string') return text;
    return typeof id === 'string' ? this.#state.executions.get(id)?.request.query : undefined;
  }
}

type Operation = (
  state: AthenaState,
  members: Members,
  caller: Caller,
  effect?: AthenaEffect,
) => object | Promise<object>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  GetQueryExecution: getQueryExecution,
  GetQueryResults: getQueryResults,
  GetWorkGroup: getWorkGroup,
  StartQueryExecution: startQueryExecution,
  StopQueryExecution: stopQueryExecution,
};

function injected(effect: Extract<AthenaEffect, { error: string }>): ServiceError {
  if (effect.error !== 'TooManyRequestsException')
    return new ServiceError(effect.error, effect.message ?? effect.error);
  return new ServiceError(effect.error, 'Rate exceeded', effect.reason === undefined ? {} : { Reason: effect.reason });
}

function json(status: number, body: object): JsonAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, body: JSON.stringify(body), headers };
}
