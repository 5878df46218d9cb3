import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { temporaryScratch } from '../adapters/scratch.js';
import type { InventoryFile } from '../contracts/manifest.js';
import { indexFile } from '../core/inventory/index-file.js';
import { folderFiles } from './support/folder-files.js';
import { answerParent, inChild, type Taken } from './support/in-child.js';
import { RUN_ID, writeInventory } from './support/inventory-input.js';

const CHUNK_ROWS = 10_000;

export interface IndexRowsFigures {
  ours: Taken[];
  peers: Record<string, Taken[]>;
}

/**
 * IndexFile on a sorted inventory file, and csv-parse alone on the same: each round of each in a process of its own.
 * Run: npx tsx bench/index-rows.ts [rows]
 */
export async function benchIndexRows(rows = 1_000_000, rounds = 1): Promise<IndexRowsFigures> {
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-bench-'));
  try {
    const file = JSON.stringify(await writeInventory(folder, rows, 'sorted'));
    const ours: Taken[] = [];
    const csvParse: Taken[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await inChild(import.meta.url, 'IndexFile', folder, file));
      csvParse.push(await inChild(import.meta.url, 'csv-parse', folder, file));
    }
    return { ours, peers: { 'csv-parse alone': csvParse } };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function work([reader, folder = '', file = '']: string[]): Promise<void> {
  const given = JSON.parse(file) as InventoryFile & { key: string };
  if (reader === 'csv-parse') {
    const records = createReadStream(join(folder, given.key)).pipe(createGunzip()).pipe(parse());
    for await (const _ of records);
    return;
  }
  const files = folderFiles(folder);
  const ports = { work: files, inventory: () => files, scratch: temporaryScratch };
  const answer = await indexFile(ports, { runId: RUN_ID, file: given }, CHUNK_ROWS);
  if (answer.kind === 'refused') throw new Error(answer.message);
}

if (!(await answerParent(work)) && import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(await benchIndexRows(Number(process.argv[2] ?? 1_000_000)));
