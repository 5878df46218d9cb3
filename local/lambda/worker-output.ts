import { format } from 'node:util';

const LEVELS = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' } as const;

/** Sends what this thread would print, line by line, to `emit` instead: a worker shares the engine's terminal. */
export function captureOutput(emit: (line: string) => void): void {
  const say =
    (level: string) =>
    (first?: unknown, ...rest: unknown[]) => {
      emit(`${new Date().toISOString()}\t${level}\t${format(first, ...rest)}`);
    };
  Object.assign(console, Object.fromEntries(Object.entries(LEVELS).map(([method, level]) => [method, say(level)])));
  process.stdout.write = lineWriter(emit);
  process.stderr.write = lineWriter(emit);
}

function lineWriter(emit: (line: string) => void): typeof process.stdout.write {
  let open = '';
  return (chunk: string | Uint8Array, encoding?: unknown, written?: unknown): boolean => {
    const lines = (open + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) emit(line);
    const done = typeof encoding === 'function' ? encoding : written;
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
}
