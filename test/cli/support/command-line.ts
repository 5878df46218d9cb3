import { PassThrough, Readable } from 'node:stream';
import { printer } from '../../../cli/print/printer.js';
import { runProgram } from '../../../cli/program.js';
import type { Engine } from '../../../local/engine.js';

export interface Typed {
  code: number;
  stdout: string;
  stderr: string;
}

export interface World {
  env?: Record<string, string>;
  stdin?: string;
  /** Somebody sits at it. */
  isTerminal?: boolean;
  /** The current directory. */
  folder?: string;
  /** Ctrl-C. */
  interrupt?: AbortSignal;
  /** Hears what is printed as it is printed. */
  onOutput?: (text: string) => void;
}

/** Types a command, words apart by spaces, in this process. */
export async function type(command: string | string[], world: World = {}): Promise<Typed> {
  const [stdout, stderr] = [collector(world.onOutput), collector()];
  const code = await runProgram(typeof command === 'string' ? command.split(' ') : command, {
    stdin: Object.assign(Readable.from([world.stdin ?? '']), { isTTY: world.isTerminal ?? false }),
    stdout: printer(stdout.stream),
    stderr: printer(stderr.stream),
    env: world.env ?? {},
    folder: world.folder ?? '/nonexistent',
    useProfile: () => undefined,
    interrupts: () => world.interrupt ?? new AbortController().signal,
    exitCode: 0,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** The environment of somebody who works with the engine. */
export function environmentOf({ region, credentials }: Engine): Record<string, string> {
  return {
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

function collector(onOutput?: (text: string) => void) {
  let collected = '';
  const stream = new PassThrough();
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected += text;
    onOutput?.(text);
  });
  return { stream, text: () => collected };
}
