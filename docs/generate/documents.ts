import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliPage } from './cli-page.js';
import { requestTable } from './request-table.js';
import { stateDiagram, stateTable } from './states.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The documents that are generated, or have parts that are, by path, as they should be: what lies between `<!-- begin name -->` and `<!-- end name -->` comes from the code. */
export async function generated(): Promise<Map<string, string>> {
  const machine: unknown = JSON.parse(await readFile(join(root, 'state-machines/backfill.asl.json'), 'utf8'));
  const parts = {
    'request table': requestTable(),
    'state diagram': stateDiagram(machine),
    'state table': stateTable(machine),
  };
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  return new Map([
    [join(root, 'README.md'), fill(readme, parts)],
    [join(root, 'docs/cli.md'), cliPage()],
  ]);
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
