import type { Playground } from './playground.js';

/** Objects under it may not be read. */
const CLOSED = 'private/';
/** An object under it kills the worker that copies it, as often as the state machine tries: its chunk fails as a whole. */
const DEADLY = 'poison/';
const DEATHS = 5;

/** Plants what goes wrong in docs/console.md: something to look at in the history and in the failure table. */
export function plantTrouble({ engine, pipeline }: Playground): string {
  const { faults } = engine.s3;
  const isClosed = (key: string) => key.startsWith(CLOSED);
  faults.clear();
  faults.add({ operation: 'CopyObject', sourceKey: isClosed, effect: { error: 'AccessDenied' } });
  faults.add({ operation: ['HeadObject', 'GetObject'], key: isClosed, effect: { error: 'AccessDenied' } });
  faults.add({
    operation: 'CopyObject',
    sourceKey: (key) => key.startsWith(DEADLY),
    times: DEATHS,
    // Never answered: the worker is dead before the object could be copied.
    effect: {
      call: () => {
        engine.lambda.killRunning(pipeline.functionNames['copy-chunk'] ?? '');
        return new Promise(() => undefined);
      },
    },
  });
  return `Objects under ${CLOSED} may not be read, and one under ${DEADLY} kills its worker ${DEATHS} times. DELETE ends it.`;
}

export function endTrouble({ engine }: Playground): string {
  engine.s3.faults.clear();
  return 'All is well again.';
}
