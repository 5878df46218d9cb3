import { QueryFailure } from '../query-failure.js';
import type { AthenaState } from './athena-state.js';
import { type Members, refuseOthers, requiredText } from './request.js';

/** Cancels a query; one that has ended stays as it ended. */
export function stopQueryExecution(state: AthenaState, members: Members): object {
  refuseOthers(members, ['QueryExecutionId']);
  const execution = state.execution(requiredText(members, 'QueryExecutionId'));
  execution.end('CANCELLED', state.now(), new QueryFailure('Query cancelled by user', { state: 'CANCELLED' }));
  execution.stopped.abort();
  return {};
}
