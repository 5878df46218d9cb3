import { Faults, type FaultTimes } from '../fault-plan.js';

/** What faults see: a request, a job that becomes Active, or one of its tasks. */
export type JobFaultRequest =
  | { what: 'request'; operation: string }
  | { what: 'job'; jobId: string }
  | { what: 'task'; jobId: string; key: string };

/** What happens to what a fault strikes. */
export type JobEffect =
  /** The request is answered with this error; nothing is done. */
  | { error: 'TooManyRequestsException' | 'InternalServiceException' }
  /** The job fails when it becomes Active. */
  | { failJob: { code: string; reason: string } }
  /** The job stays Active, and does nothing, until it is cancelled. */
  | { hang: 'untilCancelled' }
  /** The task fails with this in its report; nothing is replicated. `status` 400 unless given. */
  | { failTask: { code: string; status?: number; message?: string } };

export interface JobFault extends FaultTimes {
  /** Of requests; any unless given. */
  operation?: string;
  /** Of tasks; any unless given. */
  key?: string | ((key: string) => boolean);
  effect: JobEffect;
}

/** The faults that jobs meet. */
export class JobFaults extends Faults<JobFault, JobFaultRequest> {
  constructor() {
    super(matches);
  }
}

function matches({ operation, key, effect }: JobFault, request: JobFaultRequest): boolean {
  switch (request.what) {
    case 'request':
      return 'error' in effect && (operation === undefined || operation === request.operation);
    case 'job':
      return 'failJob' in effect || 'hang' in effect;
    case 'task':
      return (
        'failTask' in effect &&
        (key === undefined || (typeof key === 'string' ? key === request.key : key(request.key)))
      );
  }
}
