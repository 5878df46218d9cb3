import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runProcess, type ProcessCost } from './process.js';

/** What a whole run works on. */
export interface Work {
  endpoint: string;
  source: string;
  destination: string;
  /** Of the inventory: `s3://…/manifest.json`. */
  manifest: string;
  /** Empty, and gone after the run. */
  folder: string;
}

/** Something that brings one bucket into another, as a command that a user would give. */
export interface Peer {
  name: string;
  /** Undefined where it is not installed. */
  version: () => string | undefined;
  run(work: Work): Promise<ProcessCost>;
}

const KEYS = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_REGION: 'us-east-1' };
const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** `s3-backfill run` as it is installed: a clone would run its sources, which start more slowly. */
export const ours: Peer = {
  name: 's3-backfill run',
  version: () => OWN_VERSION,
  run: async ({ endpoint, source, destination, manifest, folder }) => {
    await (built ??= buildCommandLine());
    const input = join(folder, 'request.json');
    await writeFile(
      input,
      JSON.stringify({ source: { bucket: source }, manifest, destination: { bucket: destination } }),
    );
    return command(folder, endpoint, process.execPath, [at(COMMAND_LINE), 'run', '--input', input, '--json']);
  },
};

const OWN_VERSION = 's3-backfill and the SDK loop: of this checkout';
const COMMAND_LINE = '.build/cli.mjs';
let built: Promise<unknown> | undefined;

function buildCommandLine(): Promise<unknown> {
  const build = [...process.execArgv, at('cli/package/build.ts'), dirname(COMMAND_LINE)];
  return promisify(execFile)(process.execPath, build, { timeout: 60_000 });
}

export const sdkLoop: Peer = {
  name: 'SDK loop',
  version: () => OWN_VERSION,
  run: ({ endpoint, source, destination, folder }) =>
    command(folder, endpoint, process.execPath, [
      ...process.execArgv,
      at('bench/peers/sdk-loop.ts'),
      endpoint,
      source,
      destination,
    ]),
};

/** @param options beyond `rclone copy` */
export function rclone(name: string, options: readonly string[] = []): Peer {
  return {
    name,
    version: () => versionOf('rclone', ['version']),
    run: ({ endpoint, source, destination, folder }) =>
      command(folder, endpoint, 'rclone', ['copy', ...options, `s3:${source}`, `s3:${destination}`], {
        RCLONE_CONFIG: join(folder, 'rclone.conf'),
        RCLONE_CONFIG_S3_TYPE: 's3',
        RCLONE_CONFIG_S3_PROVIDER: 'Minio',
        RCLONE_CONFIG_S3_ENV_AUTH: 'true',
        RCLONE_CONFIG_S3_REGION: 'us-east-1',
        RCLONE_CONFIG_S3_ENDPOINT: endpoint,
      }),
  };
}

/** Compares what lists show, and works on more at once than by default. */
export const TUNED = ['--checksum', '--fast-list', '--transfers=64', '--checkers=64', '--s3-no-head'];

export const awsSync: Peer = {
  name: 'aws s3 sync',
  version: () => versionOf('aws', ['--version']),
  run: ({ endpoint, source, destination, folder }) =>
    command(folder, endpoint, 'aws', [
      's3',
      'sync',
      '--only-show-errors',
      '--endpoint-url',
      endpoint,
      `s3://${source}`,
      `s3://${destination}`,
    ]),
};

export const s5cmd: Peer = {
  name: 's5cmd sync',
  version: () => versionOf('s5cmd', ['version']),
  run: ({ endpoint, source, destination, folder }) =>
    command(folder, endpoint, 's5cmd', [
      '--endpoint-url',
      endpoint,
      'sync',
      `s3://${source}/*`,
      `s3://${destination}/`,
    ]),
};

function command(
  folder: string,
  endpoint: string,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ProcessCost> {
  const { PATH = '', HOME = '' } = process.env;
  return runProcess({ file, args, folder, env: { PATH, HOME, ...KEYS, AWS_ENDPOINT_URL_S3: endpoint, ...env } });
}

function versionOf(file: string, args: string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0];
  } catch {
    return undefined;
  }
}
