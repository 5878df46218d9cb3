import { traced } from '../../handlers/runtime/trace.js';

/** A handler in a process of its own, as Lambda starts one: `fail` as an argument makes it throw. */
const handler = traced(() =>
  process.argv[2] === 'fail' ? Promise.reject(new Error('It failed.')) : Promise.resolve('done'),
);
await handler(
  { runId: 'first', pass: 2, keys: ['a key that is nobody’s business'] },
  { getRemainingTimeInMillis: () => 1000, functionName: 's3-backfill-photos-tally-pass' },
).catch(() => undefined);
