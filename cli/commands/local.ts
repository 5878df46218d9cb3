import { once } from 'node:events';
import { InvalidArgumentError, type Command } from 'commander';
import { PortUnavailable } from '../../local/doors/port.js';
import { guide } from '../playground/guide.js';
import { openPlayground } from '../playground/open-playground.js';
import { BUCKETS, type Playground } from '../playground/playground.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

const USUAL_PORT = 4566;

export function addLocal(program: Command, terminal: Terminal): void {
  program
    .command('local')
    .description(
      'Keep the embedded engine up: S3, Step Functions, DynamoDB, Lambda and Athena on one port, with the pipeline deployed as pair demo and empty buckets to play with. A page at /, in a browser, says how to use it.',
    )
    .option('--port <port>', 'port of 127.0.0.1; 0 takes any free one', portNumber, USUAL_PORT)
    .addHelpText(
      'after',
      `
Everything is in memory and gone when it ends; Ctrl-C ends it. Only this machine can reach it.

Examples:
  $ s3-backfill local
  $ s3-backfill local --port 0`,
    )
    .action((options: { port: number }) => local(options.port, terminal));
}

async function local(port: number, terminal: Terminal): Promise<void> {
  const interrupted = terminal.interrupts();
  const playground = await openPlayground(port).catch((error: unknown) => {
    throw error instanceof PortUnavailable ? new UsageError(error.message, { cause: error }) : error;
  });
  try {
    await terminal.stdout.lines(welcome(playground));
    if (!interrupted.aborted) await once(interrupted, 'abort');
  } finally {
    await playground.engine.close();
  }
  await terminal.stdout.line('Ended.');
}

function welcome(playground: Playground): string[] {
  const { endpoint } = playground.engine;
  return [
    `s3-backfill, embedded engine at ${endpoint}: S3, Step Functions, DynamoDB, Lambda, Athena.`,
    `Pair ${playground.pipeline.pair} is deployed; the buckets ${Object.values(BUCKETS).join(', ')} are empty.`,
    `Open ${endpoint}/ in a browser to see what runs. Ctrl-C ends it.`,
    ...guide(playground).flatMap(({ title, commands }) => ['', `${title}:`, ...commands.map((each) => `  ${each}`)]),
  ];
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('expected a port from 0 to 65535.');
  return value;
}
