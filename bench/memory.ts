import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryScratch } from '../adapters/scratch.js';
import type { InventoryFile } from '../contracts/manifest.js';
import { indexFile } from '../core/inventory/index-file.js';
import type { Ports } from '../core/ports.js';
import { tallyPass } from '../core/verify/tally-pass.js';
import { writeAnswers } from './support/answers.js';
import { folderFiles } from './support/folder-files.js';
import { answerParent, inChild, type Taken } from './support/in-child.js';
import { RUN_ID, writeInventory } from './support/inventory-input.js';

const CHUNK_ROWS = 10_000;

export interface MemoryFigure extends Taken {
  state: 'IndexFile' | 'TallyPass';
  input: string;
  rows: number;
}

/**
 * What IndexFile holds at most, of sorted and of shuffled rows, and TallyPass, where all is settled and where every chunk owes:
 * each in a process of its own, for each number of rows. Run: npx tsx bench/memory.ts [rows …]
 */
export async function benchMemory(sizes: readonly number[] = [1_000_000, 10_000_000]): Promise<MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  for (const rows of sizes)
    for (const input of ['sorted', 'shuffled', 'settled', 'owed'] as const) {
      const folder = await mkdtemp(join(tmpdir(), 's3-backfill-bench-'));
      try {
        const isIndex = input === 'sorted' || input === 'shuffled';
        const file = isIndex ? await writeInventory(folder, rows, input) : await writeAnswers(folder, rows, input);
        const state = isIndex ? 'IndexFile' : 'TallyPass';
        figures.push({ state, input, rows, ...(await inChild(import.meta.url, state, folder, JSON.stringify(file))) });
      } finally {
        await rm(folder, { recursive: true });
      }
    }
  return figures;
}

async function work([state, folder = '', input = '']: string[]): Promise<void> {
  const files = folderFiles(folder);
  if (state === 'TallyPass') {
    const failures = { stopCause: async () => undefined } as unknown as Ports['failures'];
    const verified = JSON.parse(input) as { Bucket: string; Key: string };
    await tallyPass(
      { work: files, failures, scratch: temporaryScratch },
      { runId: RUN_ID, pass: 1, verified },
      CHUNK_ROWS,
    );
    return;
  }
  const ports = { work: files, inventory: () => files, scratch: temporaryScratch };
  const answer = await indexFile(ports, { runId: RUN_ID, file: JSON.parse(input) as InventoryFile }, CHUNK_ROWS);
  if (answer.kind === 'refused') throw new Error(answer.message);
}

if (!(await answerParent(work)) && import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sizes = process.argv.slice(2).map(Number);
  console.log(await benchMemory(sizes.length > 0 ? sizes : undefined));
}
