import type { Failure } from '../../contracts/failure.js';
import type { RunFiles } from '../../core/report/read-report.js';
import type { FailedChild } from '../step-functions/map-runs.js';
import type { HistoryEvent, RunDescription } from '../step-functions/run-client.js';

/** All that is kept of one run, wherever that is. */
export interface RunRecord {
  /** The run id. */
  readonly name: string;
  readonly files: RunFiles;
  /** Where a person finds a file of the run: an `s3://` address or a path. */
  addressOf(key: string): string;
  describe(): Promise<RunDescription>;
  failures(): AsyncIterable<Failure>;
  events(): AsyncIterable<HistoryEvent>;
  failedChildren(): AsyncIterable<FailedChild>;
}

/** The runs that one pair, or one folder of this machine, has a record of. */
export interface RunRecords {
  /** Newest first. */
  list(): AsyncIterable<RunDescription>;
  /** Throws NotFound. */
  open(name: string): Promise<RunRecord>;
}
