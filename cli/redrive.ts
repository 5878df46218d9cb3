import type { DeployedRecords } from '../adapters/records/deployed-records.js';
import { readRun } from '../core/report/read-report.js';
import { shellWord } from '../core/shell-word.js';
import { pairWords, runName, type PairOptions } from './options.js';
import { UsageError } from './usage-error.js';

/** What `start --redrive` asks for. */
export interface RedriveOptions {
  redrive?: string;
  cause?: string;
}

/**
 * The request of a run of what an earlier one owed. A person may have given other fields of it; a pair without buckets takes
 * them from the earlier run. Throws UsageError.
 */
export async function redriveRequest(
  records: DeployedRecords,
  given: unknown,
  { redrive, cause }: RedriveOptions,
): Promise<unknown> {
  if (redrive === undefined) {
    if (cause !== undefined) throw new UsageError('Expected --redrive RUN with --cause: causes are those of a run.');
    return given;
  }
  const fields = given ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields)) return given;
  if ('manifest' in fields)
    throw new UsageError('Expected no manifest in the request beside --redrive, which says what the manifest is.');
  const failuresOf = runName(redrive);
  return {
    ...(records.pair.bounds ? {} : await placesOf(records, failuresOf)),
    ...fields,
    manifest: { failuresOf, ...(cause === undefined ? {} : { cause }) },
  };
}

async function placesOf(records: DeployedRecords, name: string): Promise<object> {
  const run = await readRun((await records.open(name)).files, name);
  if (!run) throw new UsageError(`Run "${name}" never began, and owes nothing: start it again as it was.`);
  const { source, destination, versions } = run.request;
  return { source, destination, versions };
}

/**
 * The command that starts a run of what another one owes.
 * @param redriveInput what the run's summary says of it: of what was only looked for, that it is to be copied, and how
 */
export function redriveCommand(
  run: string,
  options: PairOptions,
  { cause, redriveInput = '{}' }: { cause?: string; redriveInput?: string | undefined } = {},
): string {
  const only = cause === undefined ? '' : ` --cause ${shellWord(cause)}`;
  const { manifest: _, versions: __, ...fields } = JSON.parse(redriveInput) as Record<string, string>;
  const words = Object.entries(fields).map(([name, value]) => ` --${name} ${shellWord(value)}`);
  return `s3-backfill start --redrive ${shellWord(run)}${pairWords(options)}${only}${words.join('')}`;
}
