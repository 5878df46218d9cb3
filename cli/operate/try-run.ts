import { OWN_MANIFESTS } from '../../contracts/pair.js';
import { callFailure } from '../../adapters/unreachable.js';
import { StorageError } from '../../core/errors.js';
import type { TriedRun } from '../../core/operate/doctor/facts.js';
import { ownManifest } from '../../core/operate/own-manifest.js';
import { leftWords, type LeftOver } from '../../core/operate/own-prefix.js';
import type { BoundPair } from './bound-pair.js';
import { runToItsEnd } from './run-to-its-end.js';

/** Runs the pair over a manifest that names nothing, so that its own roles show what they may. Removes what it made. */
export async function tryRun(
  { records, bounds, own }: BoundPair,
  id: string,
  signal: AbortSignal,
): Promise<{ tried: TriedRun; left: string }> {
  const name = `doctor-${id}`;
  const work = { bucket: records.pair.workBucket };
  const manifests = own(work, `${OWN_MANIFESTS}${name}/`);
  const { name: manifest, files } = ownManifest([], {
    sourceBucket: bounds.source.bucket,
    lyingIn: { bucket: manifests.bucket, folder: manifests.prefix },
    now: Date.now(),
  });
  const left: LeftOver[] = [];
  let tried: TriedRun;
  try {
    for (const file of files) await manifests.put(file);
    const input = { manifest: `s3://${manifests.bucket}/${manifests.prefix}${manifest}` };
    tried = { kind: 'ended', run: await runToItsEnd(records, name, input, signal) };
  } catch (error) {
    const why = refusal(error);
    if (why === undefined) throw error;
    tried = { kind: 'notStarted', why };
  } finally {
    for (const prefix of [manifests, own(work, `runs/${name}/`)]) left.push(...(await prefix.sweep()));
  }
  return { tried, left: leftWords(left) };
}

/** What the person may not do is a note; a service that does not answer is the end of the command. */
function refusal(error: unknown): string | undefined {
  if (error instanceof StorageError && error.kind === 'refused')
    return `The work bucket answered ${error.code}: allow s3:PutObject on its manifests/ to yourself, or say --no-run.`;
  if ((error as Error).name === 'AccessDeniedException' || (error as Error).name === 'AccessDenied')
    return `${callFailure(error).message} Or say --no-run.`;
  return undefined;
}
