import { quotas } from './quotas.js';

/** Memory in MB of each function, as infra/functions.ts has it; a test holds them together. */
export const functionMemory = {
  PrepareRun: 1024,
  IndexFile: 1769,
  PlanPass: 1024,
  CopyChunk: 512,
  VerifyChunk: 512,
  RecordChunkFailure: 256,
  TallyPass: 1024,
  ReportRun: 1024,
} as const;

export type FunctionName = keyof typeof functionMemory;

/** The part of a core that a function has. More than one core is of no use to a single thread. */
export function coresOf(name: FunctionName): number {
  return Math.min(1, functionMemory[name] / quotas.memoryMbOfOneCpu);
}
