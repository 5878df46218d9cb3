import type { RunRequest } from '../../../contracts/run-request.js';
import { run as runSchema, type AskingRun, type Run } from '../../../contracts/run.js';
import { BackfillError, type BackfillErrorName } from '../../errors.js';
import { parseSchema } from '../../inventory/schema.js';
import { destinationKey } from '../../keys.js';
import type { FileStore } from '../../ports.js';
import { runFiles } from '../../run-files.js';

/**
 * The run that `manifest.failuresOf` names, where a run of this request may be of what it owed: another one of the same pair,
 * between the same places, of the same kind of versions.
 */
export async function readEarlier(
  work: FileStore,
  runId: string,
  request: RunRequest,
  asking: AskingRun,
): Promise<Run> {
  if (runId === asking.id) throw refused('InvalidRequest', `expected an earlier run, and ${runId} is this one itself`);
  const earlier = await read(work, runId);
  if (earlier.pair !== asking.pair)
    throw refused('OutsidePair', `run ${runId} is of another pair, ${earlier.pair}. Redrive it with that one`);
  expectSamePlaces(request, earlier);
  if (earlier.request.dryRun)
    throw refused(
      'ManifestUnsupported',
      `run ${runId} was a dry run, which copies nothing and owes nothing. Start it again without dryRun`,
    );
  if (earlier.request.versions !== request.versions)
    throw refused(
      'ManifestUnsupported',
      `run ${runId} was of versions: "${earlier.request.versions}", and this request is of "${request.versions}". Set versions as it was`,
    );
  expectExactFilters(request, earlier);
  return earlier;
}

async function read(work: FileStore, runId: string): Promise<Run> {
  const key = runFiles(runId).request;
  const file = await work.read(key);
  if (!file)
    throw refused(
      'ManifestNotFound',
      `expected s3://${work.bucket}/${key}, and it is not there. Name a run of this pair that began; one that was refused, or that \`s3-backfill run\` played, is started again as it was`,
    );
  const parsed = runSchema.safeParse(parseJson(file.body.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw refused(
    'ManifestUnsupported',
    `s3://${work.bucket}/${key} was written by another version of s3-backfill. Start that run again as it was`,
  );
}

/** Both name the same buckets, and a key of either goes to the same place: one may be of a part of the other. */
function expectSamePlaces(request: RunRequest, { id, request: earlier }: Run): void {
  for (const side of ['source', 'destination'] as const)
    if (request[side].bucket !== earlier[side].bucket)
      throw refused(
        'OutsidePair',
        `run ${id} had the ${side} ${earlier[side].bucket}, and this request has ${request[side].bucket}. Name the same`,
      );
  const from = ({ source }: RunRequest) => source.prefix ?? '';
  const [wide, part] = from(request).length <= from(earlier).length ? [request, earlier] : [earlier, request];
  const inner = from(part);
  if (!inner.startsWith(from(wide)) || destinationKey(inner, wide) !== destinationKey(inner, part))
    throw refused(
      'OutsidePair',
      `run ${id} brought "${from(earlier)}" to "${earlier.destination.prefix ?? from(earlier)}", and this request brings "${from(request)}" to "${request.destination.prefix ?? from(request)}". Name the same prefixes, or a part of them`,
    );
}

const ROW_FILTERS = ['modifiedAfter', 'modifiedBefore', 'minSize', 'maxSize', 'storageClasses'] as const;

/** Rows on file say no more than their inventory did; and of a key with all its versions none may be left out. */
function expectExactFilters(request: RunRequest, { id, manifest }: Run): void {
  parseSchema(manifest.columns.join(','), request, `manifest.failuresOf: the inventory of run ${id}`);
  if (request.versions !== 'all') return;
  const filter = ROW_FILTERS.find((name) => request[name] !== undefined);
  if (filter !== undefined)
    throw new BackfillError(
      'InvalidRequest',
      `${filter}: expected none beside manifest.failuresOf with versions: "all": the versions of a key are redriven together. Choose keys by include and exclude.`,
    );
}

function refused(name: BackfillErrorName, what: string): BackfillError {
  return new BackfillError(name, `manifest.failuresOf: ${what}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
