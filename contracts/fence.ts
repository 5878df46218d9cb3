import * as z from 'zod';
import { timeOfDay } from './time-of-day.js';

/** Where a run stops although it could go on: of a run, or of all runs of a pair. */
export const fences = {
  maxObjects: z
    .int()
    .min(1)
    .optional()
    .describe(
      'The most objects that the run copies, delete markers among them. It ends when it would need more, as `StoppedByFence`; a run of `{"failuresOf": …}` goes on.',
    ),
  maxBytes: z
    .int()
    .min(1)
    .optional()
    .describe(
      'The most bytes that the run copies, part by part: an upload in parts goes on in the next run. It ends when the next object, or part, would be more.',
    ),
  stopAfter: timeOfDay
    .optional()
    .describe(
      'The time of day at which the run begins nothing more: `06:00` (UTC), or `06:00 Europe/Berlin`. It is the next such time after the start of the run. What was copied by then is verified.',
    ),
};

export const fenceName = z.enum(['maxObjects', 'maxBytes', 'stopAfter']);
export type FenceName = z.infer<typeof fenceName>;
