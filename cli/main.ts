import { Command } from 'commander';
import { addDemo } from './commands/demo.js';
import { safeText } from './print/safe-text.js';

const program = new Command('s3-backfill').description(
  'Brings over what a bucket held before S3 replication was switched on, and proves object by object that it arrived.',
);
addDemo(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`s3-backfill: ${safeText((error as Error).message)}`);
  process.exitCode = 1;
}
