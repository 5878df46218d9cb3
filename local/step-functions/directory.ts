import type { MapRun } from './distributed-map/map-run.js';
import type { Execution } from './run/execution.js';

/** All executions and Map Runs that the engine has had, by ARN, in the order in which they started. */
export class Directory {
  readonly executions = new Map<string, Execution>();
  readonly mapRuns = new Map<string, MapRun>();
}
