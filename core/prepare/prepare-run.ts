import type { Run } from '../../contracts/run.js';
import { LineWriter } from '../lines.js';
import type { Ports } from '../ports.js';
import { runFiles, writeJson } from '../run-files.js';
import { takePairLock } from './pair-lock.js';
import { parseRequest } from './parse-request.js';
import { probeSides } from './probe.js';
import { resolveManifest } from './resolve-manifest.js';

export interface PrepareRunAnswer {
  run: {
    id: string;
    /** Where the run's files are in the work bucket, with a closing slash. */
    prefix: string;
    dryRun: boolean;
    maxConcurrency: number;
  };
  /** Inventory files to index. */
  files: number;
}

/**
 * State PrepareRun: checks the request, takes the pair's lock, checks the manifest, shows that the source can be read and the
 * destination written, and writes `request.json` and `files.jsonl`. Every refusal is a BackfillError, before anything is written to the destination.
 */
export async function prepareRun(
  ports: Ports,
  input: { runId: string; executionArn: string; input?: unknown },
  pairName: string,
): Promise<PrepareRunAnswer> {
  const { runId, executionArn } = input;
  const request = parseRequest(input.input);
  await takePairLock(ports, pairName, { executionArn, runId });
  const { manifest, files } = await resolveManifest(ports, request);
  const pair = ports.pair(request.source.bucket, request.destination.bucket);
  await probeSides(pair, request);

  const paths = runFiles(runId);
  const lines = new LineWriter(ports.work.writer(paths.files));
  for (const file of files) await lines.write(file);
  await lines.close();
  const run: Run = {
    id: runId,
    pair: pairName,
    executionArn,
    startedAt: ports.clock.now(),
    request,
    manifest,
    etagsComparable: await pair.etagsComparable(),
  };
  await writeJson(ports.work, paths.request, run);
  return {
    run: { id: runId, prefix: paths.root, dryRun: request.dryRun, maxConcurrency: request.maxConcurrency },
    files: files.length,
  };
}
