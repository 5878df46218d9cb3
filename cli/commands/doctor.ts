import type { Command } from 'commander';
import { pairFacts } from '../../adapters/s3/pair-facts.js';
import { StepFunctionsExecutions } from '../../adapters/step-functions/executions.js';
import { examine } from '../../core/operate/doctor/examine.js';
import type { PairFacts } from '../../core/operate/doctor/facts.js';
import { note, type Finding } from '../../core/operate/doctor/finding.js';
import { judgeRun } from '../../core/operate/doctor/judge-run.js';
import { openBoundPair, type BoundPair } from '../operate/bound-pair.js';
import { tryRun } from '../operate/try-run.js';
import { withPairOptions, type PairOptions } from '../options.js';
import { findingLine } from '../print/operate.js';
import { newId } from '../request-file.js';
import type { Terminal } from '../terminal.js';

interface DoctorOptions extends PairOptions {
  json: boolean;
  run: boolean;
}

export function addDoctor(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('doctor')
      .description('Say before a run what will stop it: which bucket, policy, key, versioning or inventory setting.')
      .option('--no-run', 'look only; start no execution of the pair over an empty manifest'),
  )
    .option('--json', 'the findings as a JSON list', false)
    .addHelpText(
      'after',
      `
One line a check: ok; note, which is worth knowing; stop, which no run gets past. It looks with your own
credentials, and where you may not look it says so. Then an execution doctor-<id> of the pair over a manifest
that names nothing shows, under the pair's own roles, that the source can be read and the destination written;
its files in the work bucket are removed again. It does not show that those roles may read the inventory.

Exit code 0 where nothing stops a run, 1 where something does.

You need, as far as you want the answers:
  in the pair's buckets  s3:ListBucket, s3:GetBucketVersioning, s3:GetEncryptionConfiguration, s3:GetBucketPolicy
  in the source          s3:GetInventoryConfiguration
  of a side by keys      secretsmanager:GetSecretValue on its secret, to have it looked at by them
  in the inventory's     s3:GetObject
  in the work bucket     s3:GetObject; for the run s3:PutObject, s3:ListBucketVersions, s3:DeleteObject,
                         s3:DeleteObjectVersion
  of Step Functions      states:ListStateMachines, states:ListTagsForResource, states:DescribeStateMachine,
                         states:DescribeExecution; for the run states:StartExecution, states:StopExecution,
                         states:GetExecutionHistory, states:ListMapRuns, states:DescribeMapRun
  of DynamoDB            for the run dynamodb:Query on the failure table

Examples:
  $ s3-backfill doctor --pair photos
  $ s3-backfill doctor --pair photos --no-run --json`,
    )
    .action((options: DoctorOptions) => doctor(options, terminal));
}

async function doctor(options: DoctorOptions, terminal: Terminal): Promise<void> {
  const bound = await openBoundPair(options, terminal);
  const { records, bounds, stack } = bound;
  const signal = terminal.interrupts();
  const all: Finding[] = [];
  const tell = async (findings: readonly Finding[]) => {
    all.push(...findings);
    if (!options.json) await terminal.stdout.lines(findings.map(findingLine));
  };
  const facts = await pairFacts(
    { pair: records.pair.pair, workBucket: records.pair.workBucket, bounds },
    { client: bound.client, executions: new StepFunctionsExecutions(bound.connection), stack },
  );
  await tell(examine(facts, bounds, stack, Date.now()));
  if (options.run) await tell(await runFindings(bound, facts, signal));
  const stops = all.filter(({ level }) => level === 'stop').length;
  terminal.exitCode = stops > 0 || signal.aborted ? 1 : 0;
  if (options.json) await terminal.stdout.json(all);
  else await terminal.stdout.line(signal.aborted ? 'Interrupted: not all was looked at.' : verdict(stops));
}

async function runFindings(bound: BoundPair, { holder }: PairFacts, signal: AbortSignal): Promise<Finding[]> {
  if (holder.kind === 'seen' && holder.value !== undefined)
    return [judgeRun({ kind: 'notStarted', why: `It would be refused while ${holder.value} works on the pair.` })];
  const { tried, left } = await tryRun(bound, newId(), signal);
  const finding = judgeRun(tried);
  if (left === '') return [finding];
  return [
    finding,
    note(
      'removed',
      'all that the run over nothing made to be removed',
      left,
      'Remove it by hand; allow s3:ListBucketVersions, s3:DeleteObject and s3:DeleteObjectVersion on the work bucket.',
    ),
  ];
}

function verdict(stops: number): string {
  if (stops === 0) return 'Nothing found that stops a run.';
  return stops === 1 ? 'One thing stops a run.' : `${stops} things stop a run.`;
}
