import { liveRunOf } from '../../../contracts/live-run.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import type { AskingRun } from '../../../contracts/run.js';
import { OWN_MANIFESTS } from '../../../contracts/pair.js';
import { BackfillError } from '../../errors.js';
import { encodeKey } from '../../keys.js';
import type { Ports } from '../../ports.js';
import { resolveCsv } from './resolve-csv.js';
import type { ManifestFiles } from './resolve-manifest.js';

const MOST_NAMED = 20;

/**
 * What failed on a day of a live copy, as the failure table has it: all of it or what failed for one cause. Its keys become a
 * list in CSV; all else is as with any list. Throws ManifestNotFound where nothing is open, and InvalidRequest of a day of
 * what goes from the destination to the source, which no run does.
 */
export async function resolveLive(
  ports: Pick<Ports, 'work' | 'failures'>,
  request: RunRequest,
  { failuresOf, cause }: { failuresOf: string; cause?: string | undefined },
  run: AskingRun,
  pieceBytes: number,
): Promise<ManifestFiles> {
  if (liveRunOf(failuresOf) === 'back')
    throw new BackfillError(
      'InvalidRequest',
      `manifest.failuresOf: ${failuresOf} is of objects that go from the destination to the source, and runs go the other way. Invoke the function sync-object of the pair with {"failuresOf": "${failuresOf}"}.`,
    );
  const key = `${OWN_MANIFESTS}${run.id}/failures.csv`;
  const causes = new Map<string, number>();
  let rows = 0;
  let deletions = 0;
  const writer = ports.work.writer(key);
  try {
    for await (const item of ports.failures.ofRun(failuresOf)) {
      if (item.status !== 'open' || item.key === undefined) continue;
      causes.set(item.cause, (causes.get(item.cause) ?? 0) + 1);
      if (cause !== undefined && item.cause !== cause) continue;
      // The function makes them, which looks at both sides: a run would find the object gone, and be content.
      if (item.isDeletion) {
        deletions += 1;
        continue;
      }
      rows += 1;
      await writer.write(Buffer.from(`"${request.source.bucket}","${encodeKey(item.key)}"\n`));
    }
    if (rows === 0) throw nothingOpen(failuresOf, cause, causes, deletions);
    await writer.close();
  } finally {
    await writer.abort();
  }
  const uri = `s3://${ports.work.bucket}/${key}`;
  const { manifest, files } = await resolveCsv(() => ports.work, request, uri, pieceBytes);
  return { manifest: { ...manifest, failuresOf }, files };
}

function nothingOpen(
  day: string,
  cause: string | undefined,
  causes: ReadonlyMap<string, number>,
  deletions: number,
): BackfillError {
  const made = `Of deletions there are ${deletions}, which no run makes: invoke the function sync-object of the pair with {"failuresOf": "${day}"}.`;
  const named = [...causes].toSorted(([, a], [, b]) => b - a).map(([name, rows]) => `${name} (${rows})`);
  const there = named.length === 0 ? 'Nothing of that day is.' : `There is ${named.slice(0, MOST_NAMED).join(', ')}.`;
  return new BackfillError(
    'ManifestNotFound',
    `manifest.failuresOf: expected open failures of ${day}${cause === undefined ? '' : ` with the cause ${cause}`} in the failure table, and there are none to copy. ${deletions === 0 ? there : made}`,
  );
}
