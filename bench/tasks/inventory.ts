import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { clock } from '../../adapters/clock.js';
import { temporaryScratch } from '../../adapters/scratch.js';
import type { InventoryFile } from '../../contracts/manifest.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import { indexFile } from '../../core/inventory/index-file.js';
import { tallyPass } from '../../core/verify/tally-pass.js';
import { answerParent } from '../support/answer-parent.js';
import { folderStore } from '../support/folder-store.js';
import { RUN_ID } from '../support/inventory-input.js';
import { noFailures } from '../support/memory-files.js';
import { taken } from '../support/taken.js';

/** A state, or csv-parse alone, on what lies in a folder. */
export type InventoryTask = { folder: string } & (
  | { work: 'IndexFile' | 'csv-parse'; file: InventoryFile }
  | { work: 'TallyPass'; verified: ResultWriterDetails }
);

const CHUNK_ROWS = 10_000;

answerParent((task) => taken(() => done(task as InventoryTask)));

async function done(task: InventoryTask): Promise<void> {
  const files = folderStore(task.folder);
  const ports = { work: files, inventory: () => files, scratch: temporaryScratch, failures: noFailures, clock };
  if (task.work === 'TallyPass') {
    await tallyPass(ports, { runId: RUN_ID, pass: 1, verified: task.verified }, CHUNK_ROWS);
  } else if (task.work === 'IndexFile') {
    const answer = await indexFile(ports, { runId: RUN_ID, file: task.file }, CHUNK_ROWS);
    if (answer.kind === 'refused') throw new Error(answer.message);
  } else {
    const bytes = createReadStream(join(task.folder, task.file.key ?? ''));
    for await (const _ of bytes.pipe(createGunzip()).pipe(parse()));
  }
}
