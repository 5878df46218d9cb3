import type { Caller } from '../../access/principals.js';
import type { QueryExecution } from '../query-execution.js';
import { pageOfRows } from '../run/result-rows.js';
import { constraint, type Members, refuseOthers, requiredText, textOf } from './request.js';
import { invalidRequest, ServiceError } from './service-error.js';
import type { AthenaState } from './athena-state.js';

/** A page of a result, read from its file in S3 as its caller; the first row of the first page is the header. */
export function getQueryResults(state: AthenaState, members: Members, caller: Caller): object {
  refuseOthers(members, ['QueryExecutionId', 'NextToken', 'MaxResults', 'QueryResultType']);
  const type = textOf(members, 'QueryResultType') ?? 'DATA_ROWS';
  if (type !== 'DATA_ROWS')
    throw invalidRequest(`The embedded Athena does not do the QueryResultType ${type}.`, 'NOT_SUPPORTED');
  const token = textOf(members, 'NextToken');
  if (token === '') throw constraint('NextToken', 'Member must have length greater than or equal to 1');
  const limit = limitOf(members['MaxResults']);
  const execution = state.execution(requiredText(members, 'QueryExecutionId'));
  if (limit > MAX_ROWS) throw invalidRequest(`MaxResults is more than maximum allowed length ${MAX_ROWS}`);
  checkState(execution);
  const offset = token === undefined ? 0 : state.pages.read(token, execution.id);
  if (offset === undefined) throw invalidRequest('The value of nextToken is not valid: it is not one of this query.');
  const file = state.resultFile(execution, caller);
  if (!file) throw invalidRequest('Could not find results', 'RESULT_NOT_FOUND');
  const { rows, next } = pageOfRows(file, offset, limit);
  return {
    UpdateCount: 0,
    ResultSet: {
      Rows: rows.map((row) => ({ Data: row.map((value) => (value === undefined ? {} : { VarCharValue: value })) })),
      ResultSetMetadata: { ColumnInfo: execution.columns },
    },
    ...(next !== undefined && { NextToken: state.pages.write(execution.id, next) }),
  };
}

function limitOf(given: unknown): number {
  if (given === undefined || given === null) return MAX_ROWS;
  if (typeof given !== 'number' || !Number.isInteger(given))
    throw new ServiceError('SerializationException', 'Expected a whole number as MaxResults.');
  if (given < 1) throw constraint('MaxResults', 'Member must have value greater than or equal to 1');
  return given;
}

function checkState({ state }: QueryExecution): void {
  if (state === 'QUEUED' || state === 'RUNNING')
    throw invalidRequest(`Query has not yet finished. Current state: ${state}`, 'INVALID_QUERY_EXECUTION_STATE');
  if (state === 'FAILED')
    throw invalidRequest(
      'Query did not finish successfully. Final query state: FAILED',
      'INVALID_QUERY_EXECUTION_STATE',
    );
  if (state === 'CANCELLED') throw invalidRequest('Could not find results', 'RESULT_NOT_FOUND');
}

const MAX_ROWS = 1000;
