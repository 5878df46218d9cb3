import type { Command } from 'commander';
import { clock } from '../../adapters/clock.js';
import { selfTest, selfTestPrefixes } from '../../core/operate/selftest/self-test.js';
import { openBoundPair } from '../operate/bound-pair.js';
import { runToItsEnd } from '../operate/run-to-its-end.js';
import { withPairOptions, type PairOptions } from '../options.js';
import { stepLine } from '../print/operate.js';
import { newId } from '../request-file.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

export function addSelftest(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('selftest')
      .description(
        'Show in a minute that a pair works: write a few objects, copy and prove them by three real runs, compare them, and remove them again.',
      ),
  )
    .addHelpText(
      'after',
      `
Nothing but what it makes is touched: objects under <source prefix>s3-backfill-selftest/<id>/ on both sides,
manifests/selftest-<id>/ and runs/selftest-<id>-… in the work bucket. All of it is removed at the end, each
version of it, also after a failure or the first Ctrl-C; a second Ctrl-C ends at once, and leaves what is there.
While it runs, other runs of the pair are refused as PairBusy. Live replication may bring the objects too; then they
count as identical.

Exit code 0 where every step held, 1 where one did not: its line says what was expected, found, and to do.

You need:
  in the source       s3:ListBucket, s3:PutObject, s3:PutObjectTagging
  in the destination  s3:ListBucket, s3:GetObject, s3:GetObjectTagging
  in the work bucket  s3:ListBucket, s3:GetObject, s3:PutObject
  in all three        s3:ListBucketVersions, s3:DeleteObject, s3:DeleteObjectVersion
  of a side by keys   secretsmanager:GetSecretValue on its secret, in place of what is named for that side
  with KMS            kms:GenerateDataKey for the source, kms:Decrypt for the destination
  of Step Functions   states:ListStateMachines, states:ListTagsForResource, states:DescribeStateMachine,
                      states:StartExecution, states:StopExecution, states:DescribeExecution,
                      states:GetExecutionHistory, states:ListMapRuns, states:DescribeMapRun
  of DynamoDB         dynamodb:Query on the failure table

Example:
  $ s3-backfill selftest --pair photos`,
    )
    .action((options: PairOptions) => selftest(options, terminal));
}

async function selftest(options: PairOptions, terminal: Terminal): Promise<void> {
  const { records, bounds, own } = await openBoundPair(options, terminal);
  if (bounds.copy?.engine === 'none')
    throw new UsageError(
      `Pair "${records.pair.pair}" was deployed with copy.engine: "none", and may copy nothing: expected one that does. \`s3-backfill doctor\` looks at this one.`,
    );
  const id = newId();
  const prefixes = selfTestPrefixes(id, bounds);
  const work = { bucket: records.pair.workBucket };
  const signal = terminal.interrupts();
  const ports = {
    source: own(bounds.source, prefixes.source),
    destination: own(bounds.destination, prefixes.destination),
    manifests: own(work, prefixes.manifests),
    runs: own(work, prefixes.runs),
    run: (name: string, input: unknown) => runToItsEnd(records, name, input, signal),
    tell: (step: Parameters<typeof stepLine>[0]) => terminal.stdout.line(stepLine(step)),
    clock,
    signal,
  };
  const isHeld = await selfTest(ports, id, bounds);
  terminal.exitCode = isHeld ? 0 : 1;
  await terminal.stdout.line(
    isHeld ? `Pair ${records.pair.pair} works.` : `Pair ${records.pair.pair} did not pass its self-test.`,
  );
}
