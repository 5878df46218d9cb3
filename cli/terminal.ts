import { printer, type Printer } from './print/printer.js';

/** What a command has of the world: where it reads and prints, its environment, and who interrupts it. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Printer;
  readonly stderr: Printer;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes a profile of the AWS configuration files the one that is meant, also before keys of the environment. */
  useProfile(profile: string): void;
  /** The current directory: runs of this machine are left under it. */
  readonly folder: string;
  /** Aborted at the first Ctrl-C from now on; a second one ends the process. */
  interrupts(): AbortSignal;
  /** 0 done, 1 the run failed, 2 bad usage, 3 the service cannot be reached. */
  exitCode: number;
}

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly);
  return {
    stdin: process.stdin,
    stdout: printer(process.stdout),
    stderr: printer(process.stderr),
    env: process.env,
    useProfile: (profile) => {
      process.env['AWS_PROFILE'] = profile;
      for (const key of KEYS) delete process.env[key];
    },
    folder: '.',
    interrupts: () => {
      const interrupt = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
      return interrupt.signal;
    },
    exitCode: 0,
  };
}

/** A reader that has enough (`s3-backfill failures … | head`) is no error. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}
