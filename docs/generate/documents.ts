import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pair } from '../../contracts/pair.js';
import { runRequest } from '../../contracts/run-request.js';
import { cliPage } from './cli-page.js';
import { fieldTable } from './field-table.js';
import { stateDiagram, stateTable } from './states.js';
import { liveCostTable, wayCostTable, wayPriceTable, wayTable } from './ways.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The documents that are generated, or have parts that are, by path, as they should be: what lies between `<!-- begin name -->` and `<!-- end name -->` comes from the code. */
export async function generated(): Promise<Map<string, string>> {
  const read = async (machine: string): Promise<unknown> =>
    JSON.parse(await readFile(join(root, `state-machines/${machine}.asl.json`), 'utf8'));
  const [backfill, reconcile] = [await read('backfill'), await read('reconcile')];
  return new Map([
    await filled('README.md', {
      'table of ways': wayTable(),
      'request table': fieldTable(runRequest),
      'state diagram': stateDiagram(backfill),
      'state table': stateTable(backfill),
      'reconciliation diagram': stateDiagram(reconcile),
      'reconciliation table': stateTable(reconcile),
    }),
    await filled('docs/deploy.md', { 'pair table': fieldTable(pair) }),
    await filled('docs/which-one.md', {
      'costs of ways': wayCostTable(),
      'live costs': liveCostTable(),
      'prices of ways': wayPriceTable(),
    }),
    [join(root, 'docs/cli.md'), cliPage()],
  ]);
}

async function filled(document: string, parts: Record<string, string>): Promise<[path: string, text: string]> {
  const path = join(root, document);
  let filled = await readFile(path, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [filled.indexOf(begin), filled.indexOf(end)];
    if (from < 0 || to < 0) throw new Error(`${document} has no place for the ${name}: expected ${begin} and ${end}.`);
    filled = `${filled.slice(0, from + begin.length)}\n\n${part}\n\n${filled.slice(to)}`;
  }
  return [path, filled];
}
