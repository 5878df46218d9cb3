import { Command } from 'commander';
import { addDemo } from './commands/demo.js';
import { addRun } from './commands/run.js';
import { safeText } from './print/safe-text.js';

// Node 20 is supported here until the SDK drops it; its warning would stand in the middle of every output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const program = new Command('s3-backfill').description(
  'Brings over what a bucket held before S3 replication was switched on, and proves object by object that it arrived.',
);
addDemo(program);
addRun(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`s3-backfill: ${safeText((error as Error).message)}`);
  process.exitCode = 1;
}
