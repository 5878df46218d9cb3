import * as z from 'zod';

const count = z.int().min(0);

/** `pass-<p>/job/plan.json`: what the job of a pass is asked to do. Written once, before the job is made. */
export const jobPlan = z.object({
  /** Key of its manifest in the work bucket, and the ETag of that, without quotes. Empty where nothing was queued. */
  manifest: z.string(),
  etag: z.string(),
  /** Object versions in it. */
  tasks: count,
  /** Sum of their sizes. */
  bytes: z.number().min(0),
  /** When it was written, milliseconds since the epoch. */
  plannedAt: z.int(),
});
export type JobPlan = z.infer<typeof jobPlan>;

/** `jobs/<pair>.json`: the job that a pair began last. A run that was stopped leaves it running: the next one cancels it. */
export const begunJob = z.object({ runId: z.string(), pass: z.int().min(1), id: z.string() });

/** How a job ended, in S3's words. */
export const jobEnds = ['Complete', 'Failed', 'Cancelled'] as const;

/** `pass-<p>/job/end.json`: what became of the job of a pass, and how many of its tasks failed by its report. */
export const jobEnd = z.object({
  id: z.string(),
  status: z.enum(jobEnds),
  /** Tasks that S3 has counted. */
  tasks: count,
  succeeded: count,
  failed: count,
  /** Why it did not come to its end. */
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type JobEnd = z.infer<typeof jobEnd>;

/** One line of `pass-<p>/job/failed/<n>.jsonl.gz`: a task that failed, by the job's report. Sorted by key, then version. */
export const failedTask = z.object({
  key: z.string(),
  versionId: z.string(),
  /** S3's own code. */
  cause: z.string().min(1),
  message: z.string(),
  /** HTTP status, where the report has one. */
  status: z.int().optional(),
});
export type FailedTask = z.infer<typeof failedTask>;

/** One line of `pass-<p>/job/failed.jsonl`: a file of failed tasks, with the first and the last key in it, inclusive. */
export const failedTasksFile = z.object({ key: z.string(), rows: z.int().min(1), first: z.string(), last: z.string() });
export type FailedTasksFile = z.infer<typeof failedTasksFile>;
