import { failureTable, replicationJobs, workBucket } from '../adapters/ports.js';
import { startJobInput } from '../contracts/states.js';
import { startJob } from '../core/replicate/start-job.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State StartJob: see core/replicate/start-job.ts. */
export const handler = traced(
  handle(
    startJobInput,
    (site) => ({ ...workBucket(site), ...failureTable(site), ...replicationJobs(site), random: Math.random }),
    ({ ports }, input) => startJob(ports, input),
  ),
);
