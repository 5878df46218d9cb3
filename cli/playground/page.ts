import { RunClient } from '../../adapters/step-functions/run-client.js';
import { duration } from '../print/duration.js';
import { safeText } from '../print/safe-text.js';
import { guide } from './guide.js';
import { BUCKETS, type Playground } from './playground.js';

/** Runs that the page shows. */
const MOST_RUNS = 20;

/** The page at `/`: what runs, and how to point clients at it. */
export async function playgroundPage(playground: Playground): Promise<string> {
  const { engine, pipeline } = playground;
  const parts = [
    ['endpoint', engine.endpoint],
    ['Region, account', `${engine.region}, ${engine.accountId}`],
    ['access key', `${engine.credentials.accessKeyId} / ${engine.credentials.secretAccessKey}`],
    ['services', 'S3 (path style), Step Functions, DynamoDB, Lambda, Athena, STS'],
    ['state machine', pipeline.stateMachineArn],
    ['work bucket', pipeline.workBucket],
    ['failure table', pipeline.failureTable],
    ['Lambda functions', Object.values(pipeline.functionNames).join(', ')],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>s3-backfill, embedded engine</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
pre { background: #f3f3f3; color: #111; padding: 0.6rem; overflow-x: auto; }
</style>
</head>
<body>
<h1>s3-backfill, embedded engine</h1>
<p>This process is S3, Step Functions, DynamoDB, Lambda and Athena at <code>${escape(engine.endpoint)}</code>, with pair
<code>${escape(pipeline.pair)}</code> deployed. Everything is in memory and gone when it ends. Only this machine can reach it.</p>
<h2>What runs</h2>
<table>
${parts.map(([name = '', value = '']) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`).join('\n')}
</table>
<h2>Buckets</h2>
<ul>
${bucketItems(playground)}
</ul>
<form method="post" action="/.engine/inventory"><button>Deliver an inventory of demo-source</button></form>
<h2>Runs</h2>
${await runTable(playground)}
<h2>Try it</h2>
${guide(playground)
  .map(({ title, commands }) => `<h3>${escape(title)}</h3>\n<pre>${escape(commands.join('\n'))}</pre>`)
  .join('\n')}
</body>
</html>
`;
}

function bucketItems({ pipeline }: Playground): string {
  return [...Object.values(BUCKETS), pipeline.workBucket]
    .map((bucket) => `<li><code>${escape(bucket)}</code></li>`)
    .join('\n');
}

async function runTable({ engine, pipeline }: Playground): Promise<string> {
  const runs = new RunClient(engine);
  const rows: string[] = [];
  for await (const executionArn of runs.list(pipeline.stateMachineArn)) {
    if (rows.length === MOST_RUNS) break;
    const { name, status, error, startedAt, stoppedAt } = await runs.describe(executionArn);
    const cells = [
      name,
      error ?? status,
      new Date(startedAt).toISOString(),
      duration((stoppedAt ?? engine.clock.now()) - startedAt),
    ];
    rows.push(`<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`);
  }
  if (rows.length === 0) return '<p>None yet.</p>';
  const head = '<tr><th>run</th><th>status</th><th>started</th><th>took</th></tr>';
  return `<table>\n${head}\n${rows.join('\n')}\n</table>`;
}

function escape(text: string): string {
  return safeTextLines(text).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Names that came over the API may hold anything; our own commands stand on several lines. */
function safeTextLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}
