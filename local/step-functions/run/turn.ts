import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that executions may work on without a break. */
const sliceMs = 5;
let sliceStart = 0;

/**
 * Lets the process do its other work, if that has had to wait for a while: states that never wait for anything must not
 * keep it from answering.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - sliceStart < sliceMs) return;
  await nextTurn();
  sliceStart = performance.now();
}
