import { Faults, type FaultTimes } from '../fault-plan.js';

/** A request as faults see it. */
export interface AthenaFaultRequest {
  operation: string;
  /** The query that is started, or asked about. */
  query?: string | undefined;
}

/** What happens to what a fault strikes. */
export type AthenaEffect =
  /** The request is answered with this error; nothing is done. */
  | { error: 'TooManyRequestsException'; reason?: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' }
  | { error: 'InternalServerException' | 'InvalidRequestException'; message?: string }
  /** The query that is started fails with this reason. */
  | { fail: string; category?: 1 | 2 | 3; type?: number; retryable?: boolean }
  /** The query that is started runs until somebody stops it, or the engine closes. */
  | { hang: 'untilStopped' };

export interface AthenaFault extends FaultTimes {
  operation?: string | readonly string[];
  query?: string | ((query: string) => boolean);
  effect: AthenaEffect;
}

/** The faults that requests to Athena meet. */
export class AthenaFaults extends Faults<AthenaFault, AthenaFaultRequest> {
  constructor() {
    super(matches);
  }
}

function matches({ operation = QUERIES, query, effect }: AthenaFault, request: AthenaFaultRequest): boolean {
  // A query fails or hangs from its start.
  if (!('error' in effect) && request.operation !== QUERIES) return false;
  if (![operation].flat().includes(request.operation)) return false;
  if (query === undefined) return true;
  return request.query !== undefined && (typeof query === 'string' ? query === request.query : query(request.query));
}

const QUERIES = 'StartQueryExecution';
