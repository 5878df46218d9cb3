import { replicationJobs, workBucket } from '../adapters/ports.js';
import { checkJobInput } from '../contracts/states.js';
import { checkJob } from '../core/replicate/check-job.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State CheckJob: see core/replicate/check-job.ts. */
export const handler = traced(
  handle(
    checkJobInput,
    (site) => ({ ...workBucket(site), ...replicationJobs(site) }),
    ({ ports }, input) => checkJob(ports, input),
  ),
);
