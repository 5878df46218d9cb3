import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestTable } from './generate/request-table.js';
import { stateDiagram, stateTable } from './generate/states.js';

/** Writes the generated parts of the documentation: what lies between `<!-- begin name -->` and `<!-- end name -->`. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function generated(): Promise<Map<string, string>> {
  const machine: unknown = JSON.parse(await readFile(join(root, 'state-machines/backfill.asl.json'), 'utf8'));
  const parts = {
    'request table': requestTable(),
    'state diagram': stateDiagram(machine),
    'state table': stateTable(machine),
  };
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  return new Map([[join(root, 'README.md'), fill(readme, parts)]]);
}

function fill(text: string, parts: Record<string, string>): string {
  let filled = text;
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [filled.indexOf(begin), filled.indexOf(end)];
    if (from < 0 || to < 0) throw new Error(`README.md has no place for the ${name}: expected ${begin} and ${end}.`);
    filled = `${filled.slice(0, from + begin.length)}\n\n${part}\n\n${filled.slice(to)}`;
  }
  return filled;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await generated()) await writeFile(path, text);
}
