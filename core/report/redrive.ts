import { runRequest, type RunRequest } from '../../contracts/run-request.js';
import type { Run } from '../../contracts/run.js';
import type { RunLinks, Tally } from '../../contracts/tally.js';
import { DIFFERING } from '../compare/missed.js';
import { isHeldBack } from '../fences/fence.js';
import { shellWord } from '../shell-word.js';

/** How what is owed is redriven, once it is mended. A pair without buckets is one process's, and its files are gone with it. */
export function redriveLinks(run: Run, tally: Tally | undefined): Pick<RunLinks, 'redrive' | 'redriveInput'> {
  if (!run.isBound || !tally || tally.totals.owed === 0) return {};
  const { versions, destination } = run.request;
  const input = {
    manifest: { failuresOf: run.id },
    ...(versions === 'all' ? { versions } : {}),
    ...(run.isElsewhere ? { destination: { bucket: destination.bucket } } : {}),
    ...fieldsOf(run, Object.keys(tally.totals.causes)),
  };
  return {
    redrive: redriveCommand(input, { program: 'npx s3-backfill', pair: ` --pair ${shellWord(run.pair)}` }),
    redriveInput: JSON.stringify(input),
  };
}

/** What a run says that goes on after a fence: all that this one did not leave to its pair. */
const HOW = [
  'dryRun',
  'engine',
  'proof',
  'overwrite',
  'multipart',
  'acl',
  'objectLock',
  'archived',
  'restoreDays',
  'restoreTier',
  'maxObjects',
  'maxBytes',
  'stopAfter',
] as const satisfies (keyof RunRequest)[];
const DEFAULTS: RunRequest = runRequest.parse({
  source: { bucket: 'source' },
  destination: { bucket: 'destination' },
  manifest: { list: true },
});

function fieldsOf({ request, isReadOnly }: Run, causes: readonly string[]): Record<string, unknown> {
  // The same again, with as much to copy.
  if (causes.every(isHeldBack))
    return Object.fromEntries(
      HOW.filter((name) => request[name] !== DEFAULTS[name]).map((name) => [name, request[name]]),
    );
  if (request.engine !== 'none' || isReadOnly) return {};
  // What was only looked for is copied. By less proof a copy could be taken for good that was found not to be; and what
  // differs is newer than its source, as every copy is.
  const replaces = causes.some((cause) => DIFFERING.includes(cause));
  return { engine: 'copy', proof: 'strong', ...(replaces ? { overwrite: 'always' } : {}) };
}

/** What a redrive says beside its manifest. */
export interface RedriveInput {
  manifest: { failuresOf: string; cause?: string };
  [field: string]: unknown;
}

/** Fields that are options of `start`. */
const OPTIONS: Readonly<Record<string, string>> = {
  engine: '--engine',
  proof: '--proof',
  overwrite: '--overwrite',
  maxObjects: '--max-objects',
  maxBytes: '--max-bytes',
  stopAfter: '--stop-after',
};

/** The command that starts a redrive, as a shell takes it. @param of how the program is called, and options that name the pair */
export function redriveCommand(input: RedriveInput, { program, pair }: { program: string; pair: string }): string {
  const { manifest, versions: _, ...fields } = input;
  const { failuresOf, cause } = manifest;
  const words = [
    `--redrive ${shellWord(failuresOf)}${pair}`,
    ...(cause === undefined ? [] : [`--cause ${shellWord(cause)}`]),
  ];
  const options = Object.entries(fields);
  if (options.every(([name]) => name in OPTIONS))
    return [
      `${program} start`,
      ...words,
      ...options.map(([name, value]) => `${OPTIONS[name]} ${shellWord(String(value))}`),
    ].join(' ');
  return `echo ${shellWord(JSON.stringify(fields))} | ${[`${program} start`, ...words].join(' ')} --input -`;
}
