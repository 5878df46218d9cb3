import type { QueryExecution } from '../query-execution.js';
import { ENGINE_VERSION } from '../work-groups.js';
import type { AthenaState } from './athena-state.js';
import { type Members, refuseOthers, requiredText } from './request.js';

/** What is known of a query. */
export function getQueryExecution(state: AthenaState, members: Members): object {
  refuseOthers(members, ['QueryExecutionId']);
  const execution = state.execution(requiredText(members, 'QueryExecutionId'));
  const { request } = execution;
  const { OutputLocation: _, ...result } = request.result;
  return {
    QueryExecution: {
      QueryExecutionId: execution.id,
      Query: request.query,
      StatementType: 'DML',
      SubstatementType: 'SELECT',
      ResultConfiguration: { ...result, OutputLocation: execution.outputLocation },
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
      QueryExecutionContext: { Database: request.database, Catalog: request.catalog },
      Status: statusOf(execution),
      Statistics: statisticsOf(execution, state.now()),
      WorkGroup: request.workGroup.name,
      EngineVersion: ENGINE_VERSION,
      ...(request.parameters && { ExecutionParameters: request.parameters }),
    },
  };
}

function statusOf({ state, reason, failure, submittedAt, completedAt }: QueryExecution): object {
  return {
    State: state,
    StateChangeReason: reason,
    SubmissionDateTime: submittedAt / 1000,
    ...(completedAt !== undefined && { CompletionDateTime: completedAt / 1000 }),
    ...(failure &&
      state === 'FAILED' && {
        AthenaError: {
          ErrorCategory: failure.category,
          ErrorType: failure.type,
          Retryable: failure.retryable,
          ErrorMessage: failure.message,
        },
      }),
  };
}

/** Milliseconds, by the engine's clock. */
function statisticsOf(
  { submittedAt, startedAt, completedAt, scannedBytes, state }: QueryExecution,
  now: number,
): object {
  const end = completedAt ?? now;
  const queued = (startedAt ?? end) - submittedAt;
  const running = startedAt === undefined ? 0 : end - startedAt;
  return {
    EngineExecutionTimeInMillis: running,
    DataScannedInBytes: scannedBytes,
    TotalExecutionTimeInMillis: queued + running,
    QueryQueueTimeInMillis: queued,
    ...(state === 'SUCCEEDED' && {
      ServicePreProcessingTimeInMillis: 0,
      ServiceProcessingTimeInMillis: 0,
      QueryPlanningTimeInMillis: 0,
    }),
    ResultReuseInformation: { ReusedPreviousResult: false },
  };
}
