import type { Clock } from '../core/ports.js';

/** The machine's own time. */
export const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
