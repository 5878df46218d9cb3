import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Connection } from '../adapters/connection.js';
import { DeployedRecords } from '../adapters/records/deployed-records.js';
import { FolderRecords } from '../adapters/records/folder-records.js';
import type { RunRecord, RunRecords } from '../adapters/records/run-records.js';
import { configuredS3Endpoint } from '../adapters/s3/configured-endpoint.js';
import { parseExecutionArn } from '../adapters/step-functions/arns.js';
import { findPair } from '../adapters/step-functions/deployed-pair.js';
import { connectionOf, s3ConnectionOf, type ConnectionOptions } from './connection.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export interface PairOptions extends ConnectionOptions {
  pair?: string;
  stateMachine?: string;
}

/** Where `run` and `demo` leave their runs. */
export const RUNS_FOLDER = 's3-backfill-runs';

/** Whom to ask and as whom. The program has these options too, so that they may stand before the command. */
export function connectionOptions(): Option[] {
  return [
    new Option('--endpoint-url <url>', 'ask this endpoint instead of AWS (AWS_ENDPOINT_URL)'),
    new Option('--region <region>', 'Region (AWS_REGION, AWS_DEFAULT_REGION, the profile)'),
    new Option('--profile <profile>', 'profile of the AWS configuration files (AWS_PROFILE)'),
  ];
}

/** Options of a command that is about a deployed pair. */
export function withPairOptions(command: Command): Command {
  command
    .addOption(new Option('--pair <name>', 'the pair, which is the state machine s3-backfill-<name>'))
    .addOption(new Option('--state-machine <arn>', "the pair's state machine").conflicts('pair'));
  for (const option of connectionOptions()) command.addOption(option);
  return command;
}

/** The records of a deployed pair. @param run a name, or an execution's ARN, which names the state machine too */
export async function openDeployed(options: PairOptions, terminal: Terminal, run = ''): Promise<DeployedRecords> {
  return (await openPair(options, terminal, run)).records;
}

/** The same, and how its services are reached. */
export async function openPair(
  options: PairOptions,
  terminal: Terminal,
  run = '',
): Promise<{ records: DeployedRecords; connection: Connection; s3Connection: Connection }> {
  const stateMachineArn = options.stateMachine ?? parseExecutionArn(run)?.stateMachineArn;
  const choice =
    options.pair === undefined ? stateMachineArn && { stateMachineArn } : ({ pair: options.pair } as const);
  if (!choice) throw new UsageError('Expected --pair NAME or --state-machine ARN, to say which backfill is meant.');
  // A client's own setting decides Region and credentials only; an endpoint_url of the profile counts too.
  if (options.profile !== undefined) terminal.useProfile(options.profile);
  const connection = connectionOf(options, terminal.env);
  const pair = await findPair(connection, choice);
  const s3Connection = s3ConnectionOf(options, terminal.env, await configuredS3Endpoint());
  return { records: new DeployedRecords(pair, connection, s3Connection), connection, s3Connection };
}

/** The records of a deployed pair where one is named, else those that were left in this folder. */
export async function openRecords(options: PairOptions, terminal: Terminal, run = ''): Promise<RunRecords> {
  return isDeployed(options, run)
    ? openDeployed(options, terminal, run)
    : new FolderRecords(join(terminal.folder, RUNS_FOLDER));
}

/** Whether a deployed pair is named. */
export function isDeployed(options: PairOptions, run: string): boolean {
  return options.pair !== undefined || options.stateMachine !== undefined || parseExecutionArn(run) !== undefined;
}

/** One run, deployed or left in this folder, by its name or its ARN. */
export async function openRun(options: PairOptions, terminal: Terminal, run: string): Promise<RunRecord> {
  return (await openRecords(options, terminal, run)).open(runName(run));
}

/** A run's name is its execution's. */
export function runName(run: string): string {
  return parseExecutionArn(run)?.name ?? run;
}

/** Words of a hint that names the same pair again. */
export function pairWords({ pair, stateMachine, endpointUrl, region, profile }: PairOptions): string {
  const words: [string, string | undefined][] = [
    ['--pair', pair],
    ['--state-machine', stateMachine],
    ['--endpoint-url', endpointUrl],
    ['--region', region],
    ['--profile', profile],
  ];
  return words.flatMap(([name, value]) => (value === undefined ? [] : [` ${name} ${value}`])).join('');
}

/** The value of an option that counts something. Throws InvalidArgumentError. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1 on.');
  return value;
}
