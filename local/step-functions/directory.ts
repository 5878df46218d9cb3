import type { Machines } from './api/machines.js';
import type { MapRun } from './distributed-map/map-run.js';
import type { Execution } from './run/execution.js';

/** All machines that the engine has, and all executions and Map Runs that it has had: by ARN, the oldest first. */
export class Directory {
  readonly machines: Machines = new Map();
  readonly executions = new Map<string, Execution>();
  readonly mapRuns = new Map<string, MapRun>();
}
