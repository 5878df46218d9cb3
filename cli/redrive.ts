import type { DeployedRecords } from '../adapters/records/deployed-records.js';
import { readRun } from '../core/report/read-report.js';
import { redriveCommand as commandOf } from '../core/report/redrive.js';
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
    ...(await placesOf(records, failuresOf)),
    ...fields,
    manifest: { failuresOf, ...(cause === undefined ? {} : { cause }) },
  };
}

/** Of a pair without buckets all that the earlier run named; of a restore where it went. */
async function placesOf(records: DeployedRecords, name: string): Promise<object> {
  const { bounds } = records.pair;
  if (bounds && !bounds.restoring) return {};
  const run = await readRun((await records.open(name)).files, name);
  if (!run) throw new UsageError(`Run "${name}" never began, and owes nothing: start it again as it was.`);
  const { source, destination, versions } = run.request;
  return bounds ? { destination: { bucket: destination.bucket } } : { source, destination, versions };
}

/**
 * The command that starts a run of what another one owes.
 * @param asked.redriveInput what the run's summary says of it: how it goes on after a fence, or copies what was only looked for
 */
export function redriveCommand(
  run: string,
  options: PairOptions,
  { cause, redriveInput = '{}' }: { cause?: string; redriveInput?: string | undefined } = {},
): string {
  const manifest = { failuresOf: run, ...(cause === undefined ? {} : { cause }) };
  const input = { ...(JSON.parse(redriveInput) as object), manifest };
  return commandOf(input, { program: 's3-backfill', pair: pairWords(options) });
}
