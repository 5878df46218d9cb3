import type { Caller } from '../access/principals.js';
import type { ColumnInfo } from './run/column-info.js';
import type { QueryFailure } from './query-failure.js';
import type { SqlNode } from './sql/syntax-tree.js';
import type { ResultConfiguration, WorkGroup } from './work-groups.js';

export type QueryState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** What StartQueryExecution was given, checked. */
export interface QueryRequest {
  query: string;
  node: SqlNode;
  parameters: readonly string[] | undefined;
  database: string | undefined;
  catalog: string | undefined;
  workGroup: WorkGroup;
  /** With `OutputLocation` as the folder that was asked for. */
  result: ResultConfiguration & { OutputLocation: string };
  caller: Caller;
}

/** A query on its way from QUEUED to one of the three ends. */
export class QueryExecution {
  readonly stopped = new AbortController();
  state: QueryState = 'QUEUED';
  reason: string | undefined;
  failure: QueryFailure | undefined;
  /** Milliseconds since the epoch, as all times here. */
  startedAt: number | undefined;
  completedAt: number | undefined;
  scannedBytes = 0;
  columns: readonly ColumnInfo[] = [];

  readonly id: string;
  readonly request: QueryRequest;
  readonly submittedAt: number;

  constructor(id: string, request: QueryRequest, submittedAt: number) {
    this.id = id;
    this.request = request;
    this.submittedAt = submittedAt;
  }

  /** `s3://bucket/prefix/<id>.csv` */
  get outputLocation(): string {
    return `${this.request.result.OutputLocation.replace(/\/$/, '')}/${this.id}.csv`;
  }

  get hasEnded(): boolean {
    return this.state !== 'QUEUED' && this.state !== 'RUNNING';
  }

  run(now: number): void {
    this.state = 'RUNNING';
    this.startedAt = now;
  }

  /** The first end counts. */
  end(state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED', now: number, failure?: QueryFailure): void {
    if (this.hasEnded) return;
    this.state = state;
    this.completedAt = now;
    this.reason = failure?.message;
    this.failure = failure;
  }
}
