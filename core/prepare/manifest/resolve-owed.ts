import type { RunRequest } from '../../../contracts/run-request.js';
import type { AskingRun, OwedManifest } from '../../../contracts/run.js';
import type { InventoryFile } from '../../../contracts/manifest.js';
import { BackfillError } from '../../errors.js';
import type { FileStore } from '../../ports.js';
import { redrivenBy } from '../../report/redriven-by.js';
import { readEarlier } from './earlier-run.js';
import type { ManifestFiles } from './resolve-manifest.js';
import { owedByCause, owedSources, type Source } from './owed-sources.js';
import { readStanding, type Standing } from './standing.js';

/** An IndexFile takes this many rows in seconds, and a Map's item holds at most 256 KiB. */
const ROWS_OF_A_LINE = 100_000;
const BYTES_OF_A_LINE = 100 * 1024;

/**
 * What an earlier run of this pair still owed, all of it or what failed for one cause. The earlier run is over: whoever asks
 * holds the pair's lock. Throws InvalidRequest, OutsidePair, ManifestNotFound or ManifestUnsupported, each with what to do.
 */
export async function resolveOwed(
  work: FileStore,
  request: RunRequest,
  { failuresOf, cause }: { failuresOf: string; cause?: string | undefined },
  run: AskingRun,
): Promise<ManifestFiles> {
  const earlier = await readEarlier(work, failuresOf, request, run);
  const standing = await readStanding(work, failuresOf);
  const { key, sources } =
    cause === undefined ? await owedSources(work, standing) : await owedByCause(work, standing, cause);
  const { columns } = earlier.manifest;
  // A CSV says of no time when it was taken.
  const createdAt = 'createdAt' in earlier.manifest ? earlier.manifest.createdAt : earlier.startedAt;
  const before = [...redrivenBy(earlier.manifest)];
  const manifest: OwedManifest = {
    kind: 'owed',
    bucket: work.bucket,
    key,
    ...(cause === undefined ? {} : { cause }),
    runs: [{ runId: failuresOf, pass: standing.pass }, ...before],
    createdAt,
    columns,
    ...('pinned' in earlier.manifest && earlier.manifest.pinned ? { pinned: true } : {}),
  };
  expectWhole(standing, sources, cause);
  return { manifest, files: linesOf(sources) };
}

/** What TallyPass counted is there to the last row. */
function expectWhole({ runId, tally }: Standing, sources: readonly Source[], cause: string | undefined): void {
  if (!tally) return;
  const expected = cause === undefined ? tally.totals.owed : tally.totals.causes[cause];
  const found = sources.reduce((sum, { wanted }) => sum + wanted, 0);
  if (found !== expected)
    throw new BackfillError(
      'IdentityBroken',
      `Run ${runId} owed ${expected} rows by its tally, found ${found} in its files. This is a defect of s3-backfill: report it with the run's files.`,
    );
}

/** In key order, so that neighbours come into one file of the index. The Map that reads files.jsonl takes no empty file. */
function linesOf(sources: readonly Source[]): InventoryFile[] {
  const files: (InventoryFile & { owed: Source['source'][] })[] = [];
  let [rows, bytes] = [0, 0];
  for (const { source } of sources) {
    const size = Buffer.byteLength(JSON.stringify(source));
    const open = files.at(-1);
    if (open && rows + source.rows <= ROWS_OF_A_LINE && bytes + size <= BYTES_OF_A_LINE) {
      open.owed.push(source);
      rows += source.rows;
      bytes += size;
    } else {
      files.push({ file: files.length, owed: [source] });
      [rows, bytes] = [source.rows, size];
    }
  }
  return files.length > 0 ? files : [{ file: 0 }];
}
