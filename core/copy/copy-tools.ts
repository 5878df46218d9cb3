import type { Chunk } from '../../contracts/chunk.js';
import type { Run } from '../../contracts/run.js';
import { ProofsOnFile } from '../compare/proofs-on-file.js';
import type { Ports } from '../ports.js';
import { runFiles } from '../run-files.js';
import type { CopyTools } from './copy-row.js';
import { UploadRecords } from './upload-records.js';

/** What a row of a chunk is worked on with. What this run proved in earlier passes counts as well as what others did. */
export function copyTools(
  ports: Pick<Ports, 'work' | 'pair' | 'clock'>,
  run: Run,
  { pass, chunk }: { pass: number; chunk: Chunk },
  { announce, ...own }: Pick<CopyTools, 'pace' | 'isLate' | 'budget' | 'announce'>,
): CopyTools {
  const earlier = pass > 1 ? [{ runId: run.id, passes: pass - 1 }] : [];
  const proofs = new ProofsOnFile(ports.work, [...earlier, ...run.provenBy], chunk);
  return {
    pair: ports.pair(run.buckets.source, run.buckets.destination),
    ...own,
    run: { ...run, isAnnounced: announce !== undefined },
    proofOf: (key, versionId) => proofs.find(key, versionId),
    uploads: new UploadRecords(ports.work, runFiles(run.id).uploads, run),
    ...(announce && { announce }),
    now: () => ports.clock.now(),
  };
}
