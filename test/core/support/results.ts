import type { ResultWriterDetails } from '../../../contracts/states.js';
import { WORK, type Storage } from './storage.js';

/** Writes what a Map Run's ResultWriter leaves, as Step Functions does with COMPACT and JSONL; failures in the full shape. */
export async function writeResults(
  { ports }: Storage,
  prefix: string,
  answers: readonly object[],
  failed: readonly object[] = [],
): Promise<ResultWriterDetails> {
  const folder = `${prefix}/b7f2e0b4-5bd2-4d1e-8d0e-4a4d7d0c1f55`;
  const files = async (name: string, lines: readonly object[]) => {
    if (lines.length === 0) return [];
    const Key = `${folder}/${name}_0.json`;
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    await ports.work.write(Key, text);
    return [{ Key, Size: text.length }];
  };
  const manifest = {
    DestinationBucket: WORK,
    MapRunArn: 'arn:aws:states:eu-central-1:000000000000:mapRun:s3-backfill-demo/Map:b7f2e0b4',
    ResultFiles: { FAILED: await files('FAILED', failed), PENDING: [], SUCCEEDED: await files('SUCCEEDED', answers) },
  };
  await ports.work.write(`${folder}/manifest.json`, JSON.stringify(manifest));
  return { Bucket: WORK, Key: `${folder}/manifest.json` };
}
