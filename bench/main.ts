import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { printTable, tableAsJson } from './print.js';
import { copyChunkRow } from './rows/copy-chunk.js';
import { differenceRow } from './rows/difference.js';
import { gunzipRow } from './rows/gunzip.js';
import { indexRow, memoryRows } from './rows/inventory.js';
import { pagesRow } from './rows/pages.js';
import { rateRow } from './rows/rate.js';
import { WHOLE_RUNS, wholeRunRow } from './rows/whole-run.js';
import { Server } from './server/start.js';
import { busiestServer, type Row } from './table.js';

interface Makers {
  server: Server;
  say: (text: string) => void;
}

/** Each name that `--only` takes, and how its rows are made. */
const ROWS: Record<string, (makers: Makers) => Promise<Row | Row[]>> = {
  'copy-chunk': ({ server, say }) => copyChunkRow(server, say),
  page: ({ server, say }) => pagesRow(server, say),
  ...Object.fromEntries(
    Object.keys(WHOLE_RUNS).map((id) => [id, ({ server, say }: Makers) => wholeRunRow(server, id, say)]),
  ),
  index: () => indexRow(1_000_000, 2),
  memory: () => memoryRows([1_000_000]),
  difference: () => differenceRow(2_000_000),
  rate: ({ say }) => rateRow(say),
  gunzip: async () => [await gunzipRow(1), await gunzipRow(2)],
  'index-large': () => indexRow(10_000_000, 1),
  'memory-large': () => memoryRows([10_000_000]),
};

const LARGE = new Set(['difference', 'index-large', 'memory-large']);

const HELP = `npm run bench [-- options]

Measures what the hot parts and whole runs cost, beside a plain loop with the SDK and, where they are installed, rclone,
aws s3 sync and s5cmd: on the same buckets of the same server, in rounds, as medians. Costs are CPU of the client: wall time
says little on a machine that does other things too. Under 10 minutes on two cores.

  --only <row>   only this row; may be given more than once
  --large        also the rows of ten million, and the difference of two inventories of two million
  --json         JSON for programs; what goes on is told on stderr in any case
  --help

Rows: ${Object.keys(ROWS).join(', ')}
`;

// The SDK's warning about Node 20, from each process that has a client, says nothing about a benchmark.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    large: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

// An end by a signal is an exit too: what was started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const chosen = choose();
  const began = performance.now();
  const server = await Server.start();
  const rows: Row[] = [];
  try {
    for (const name of chosen) {
      process.stderr.write(`${name}\n`);
      const say = (text: string) => process.stderr.write(`  ${text}\n`);
      try {
        const made = await ROWS[name]?.({ server, say });
        rows.push(...[made ?? []].flat());
      } catch (error) {
        rows.push({ name, item: 'item', lines: [], absent: [`failed: ${String(error)}`], targets: [] });
        process.exitCode = 1;
      }
    }
  } finally {
    server.stop();
  }
  const about = {
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    minutes: (performance.now() - began) / 60_000,
    busiestServer: busiestServer(rows),
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...about, rows: tableAsJson(rows) }, null, 2)}\n`
      : `${printTable(rows)}\n\n${about.cpus} × ${about.cpu}, Node ${about.node}, ${about.minutes.toFixed(1)} minutes. The server used at most ${Math.round(about.busiestServer * 100)} % of one core.\n`,
  );
}

function choose(): string[] {
  const unknown = values.only?.find((name) => ROWS[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`There is no row ${unknown}. There are: ${Object.keys(ROWS).join(', ')}\n`);
    process.exit(2);
  }
  return values.only ?? Object.keys(ROWS).filter((name) => values.large || !LARGE.has(name));
}
