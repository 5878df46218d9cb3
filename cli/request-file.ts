import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Reads the JSON of a request from a file, or from standard input for `-`; checking it is for whoever knows the pair. Throws UsageError. */
export async function readRequest(path: string, terminal: Terminal): Promise<unknown> {
  const content = await (path === '-' ? text(terminal.stdin) : readFile(resolve(terminal.folder, path), 'utf8')).catch(
    (cause: Error) => {
      throw new UsageError(`Expected the request in ${path}: ${cause.message}`, { cause });
    },
  );
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`Expected JSON in ${path === '-' ? 'standard input' : path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The name that was given, checked, or a new one. */
export function runNameOf(given: string | undefined): string {
  const name = given ?? `run-${newId()}`;
  if (!/^[\w.-]{1,80}$/.test(name) || /^\.+$/.test(name))
    throw new UsageError(`Expected a name of 1 to 80 letters, digits, dots, hyphens and underscores, got "${name}".`);
  return name;
}

/** `20260131-120000-4f0a`: it sorts by time, and two of one second differ. */
export function newId(): string {
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${now}-${randomBytes(2).toString('hex')}`;
}
