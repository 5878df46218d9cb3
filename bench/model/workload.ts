import { assumed, design } from './measured.js';

/** A run to be priced. */
export interface Workload {
  objects: number;
  /** `copying`: the destination has nothing. `reconciling`: nothing is missing. */
  kind: 'copying' | 'reconciling';
  /** The request's maxConcurrency. */
  concurrency: number;
  /** Partitions of S3's key space over which the objects are spread evenly. */
  prefixes: number;
  /** Seconds of one CopyObject; assumed.copySeconds unless given. */
  copySeconds?: number;
  /** Microseconds of CPU for a row that is copied; measured.cpu.copiedRow unless given. */
  copiedCpu?: number;
}

export function chunksOf({ objects }: Workload): number {
  return Math.ceil(objects / design.chunkRows);
}

export function filesOf({ objects }: Workload): number {
  return Math.ceil(objects / assumed.rowsPerFile);
}
