import type { Execution, Revision } from '../run/execution.js';
import { invalidArn, ServiceError } from './service-error.js';

/** A state machine as it was created and last updated. */
export interface Machine {
  arn: string;
  name: string;
  status: 'ACTIVE' | 'DELETING';
  /** Seconds since the epoch. */
  creationDate: number;
  revision: Revision;
  loggingConfiguration: object;
  tracingConfiguration: object;
  tags: Map<string, string>;
  /** Oldest first; not those of its Map Runs. */
  executions: Execution[];
}

/** All machines, by ARN, oldest first. */
export type Machines = Map<string, Machine>;

/** @throws ServiceError StateMachineDoesNotExist, InvalidArn. */
export function machineOf(machines: Machines, arn: string): Machine {
  const resourceType = arn.split(':')[5];
  if (resourceType !== undefined && resourceType !== 'stateMachine') {
    throw invalidArn(`Resource type not valid in this context: ${resourceType}`);
  }
  const machine = machines.get(arn);
  if (!machine) throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return machine;
}
