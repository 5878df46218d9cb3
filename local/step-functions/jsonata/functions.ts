import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import type { Clock } from '../../clock.js';
import { memoryExceeded } from './expression-error.js';

/** What the functions that are not pure draw on. */
export interface FunctionSources {
  clock: Clock;
  /** 0 to 1, exclusive. */
  random: () => number;
}

type Register = (name: string, implementation: (...args: never[]) => unknown, signature: string) => void;

/**
 * The functions that Step Functions adds to JSONata 2.0.6, and the two whose answer is the time, on the engine's clock.
 * Numbers that are not whole are cut off; what makes no sense (a size of 0, a range without a step) makes undefined.
 * Source: Developer Guide, "Transforming data with JSONata", "JSONata functions provided by Step Functions".
 */
export function registerFunctions(register: Register, { clock, random }: FunctionSources): void {
  register('partition', partition, '<an?:a>');
  register('range', range, '<nnn?:a>');
  register('hash', hash, '<ss?:s>');
  register('random', (seed?: number) => (seed === undefined ? random() : seeded(seed)), '<n?:n>');
  register('uuid', () => uuid(random), '<:s>');
  register('parse', parse, '<s:x>');
  register('millis', () => clock.now(), '<:n>');
  register(
    'now',
    (picture?: string, timezone?: string) => formatMillis.evaluate(undefined, { ms: clock.now(), picture, timezone }),
    '<s?s?:s>',
  );
}

/** A version 4 UUID; from `random`, so that a seeded engine makes the same ones again. */
export function uuid(random: () => number): string {
  if (random === Math.random) return randomUUID();
  const hex = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}

const formatMillis = jsonata('$fromMillis($ms, $picture, $timezone)');

function partition(array: unknown[] | undefined, size?: number): unknown[][] | undefined {
  const length = Math.trunc(size ?? 0);
  if (array === undefined || array.length === 0 || length === 0) return undefined;
  if (length < 0) throw failure(`$partition expected a positive size, not ${size}`);
  const chunks: unknown[][] = [];
  for (let from = 0; from < array.length; from += length) chunks.push(array.slice(from, from + length));
  return chunks;
}

/** AWS makes a range of this many numbers and none of one more. */
const rangeLength = 360_145;

/**
 * Both ends are included; a step of the wrong sign makes nothing. The answer is a JSONata sequence, not an array: one
 * number alone is a number.
 */
function range(first: number, last: number, by?: number): number[] | undefined {
  const [start, end, step] = [first, last, by ?? 0].map(Math.trunc) as [number, number, number];
  const count = step === 0 ? 0 : Math.floor((end - start) / step) + 1;
  if (count <= 0) return undefined;
  if (count > rangeLength) throw memoryExceeded();
  const numbers = Array.from({ length: count }, (_, index) => start + index * step);
  return Object.defineProperty(numbers, 'sequence', { value: true });
}

const algorithms: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function hash(text: string | undefined, algorithm?: string): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const known = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  if (!known) throw failure(`$hash expected one of ${Object.keys(algorithms).join(', ')}, not '${algorithm}'`);
  return createHash(known).update(text).digest('hex');
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure(`$parse expected JSON: ${(cause as Error).message}`);
  }
}

/** The first double of java.util.Random for this seed. That Step Functions uses that generator is a guess. */
function seeded(seed: number): number {
  const mask = (1n << 48n) - 1n;
  let state = (BigInt(Math.trunc(seed)) ^ 0x5deece66dn) & mask;
  const next = (bits: bigint) => {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    return state >> (48n - bits);
  };
  return Number((next(26n) << 27n) + next(27n)) / 2 ** 53;
}

/** JSONata reports errors as `code: message`; D3142 is free in 2.0.6. */
function failure(message: string): Error {
  return Object.assign(new Error(message), { code: 'D3142' });
}
