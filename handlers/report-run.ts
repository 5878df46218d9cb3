import { reportRunInput } from '../contracts/states.js';
import { reportRun } from '../core/report/report-run.js';
import { handle } from './runtime.js';

/** State ReportRun: see core/report/report-run.ts. */
export const handler = handle(reportRunInput, ({ ports }, input) => reportRun(ports, input));
