import { failureTable, scratch, workBucket } from '../adapters/ports.js';
import { readJobReportInput } from '../contracts/states.js';
import { readJobReport } from '../core/replicate/read-job-report.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State ReadJobReport: see core/replicate/read-job-report.ts. */
export const handler = traced(
  handle(
    readJobReportInput,
    (site) => ({ ...workBucket(site), ...failureTable(site), ...scratch(site) }),
    ({ ports }, input) => readJobReport(ports, input),
  ),
);
