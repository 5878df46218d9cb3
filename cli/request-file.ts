import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RunRequestInput } from '../contracts/run-request.js';
import { parseRequest } from '../core/prepare/parse-request.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Reads a request from a file, or from standard input for `-`, and checks it. Throws UsageError or InvalidRequest. */
export async function readRequest(path: string, terminal: Terminal): Promise<RunRequestInput> {
  const content = await (path === '-' ? text(terminal.stdin) : readFile(resolve(terminal.folder, path), 'utf8')).catch(
    (cause: Error) => {
      throw new UsageError(`Expected the request in ${path}: ${cause.message}`, { cause });
    },
  );
  let request: unknown;
  try {
    request = JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`Expected JSON in ${path === '-' ? 'standard input' : path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  parseRequest(request);
  return request as RunRequestInput;
}

/** The name that was given, checked, or a new one: it sorts by time, and two of one second differ. */
export function runNameOf(given: string | undefined): string {
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const name = given ?? `run-${now}-${randomBytes(2).toString('hex')}`;
  if (!/^[\w.-]{1,80}$/.test(name) || /^\.+$/.test(name))
    throw new UsageError(`Expected a name of 1 to 80 letters, digits, dots, hyphens and underscores, got "${name}".`);
  return name;
}
