import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Json, Payload } from '../run/payload.js';
import { StateError } from '../run/state-error.js';

/** The items of a Map Run; parsed one by one, when their child is about to start. */
export interface Items {
  readonly total: number;
  /** @throws StateError States.ItemReaderFailed where the item is not JSON. */
  at(index: number): Payload;
}

export type InputType = 'JSON' | 'JSONL';

export function itemsOfArray(values: Json[]): Items {
  return { total: values.length, at: (index) => Payload.ofValue(values[index] as Json) };
}

/**
 * The items of an object that an ItemReader read. Gzip is known by its first bytes.
 * @param pointer to the array within a JSON file (RFC 6901).
 */
export async function itemsOfObject(body: Buffer, inputType: InputType, pointer: string | undefined): Promise<Items> {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? await unzip(body) : body;
  if (inputType === 'JSONL') return itemsOfLines(bytes);
  const document = parse(bytes.toString(), 'The file is not JSON');
  const node = pointer === undefined ? document : resolve(document, pointer);
  if (node === undefined) {
    throw readerFailed('The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.');
  }
  if (!Array.isArray(node)) throw readerFailed('Attempting to map over non-iterable node.');
  return itemsOfArray(node);
}

/** A prefix of the items: MaxItems. 0 is no limit. */
export function firstItems(items: Items, count: number): Items {
  return count === 0 || count >= items.total ? items : { total: count, at: (index) => items.at(index) };
}

export function readerFailed(cause: string): StateError {
  return new StateError('States.ItemReaderFailed', cause);
}

/** Blank lines are no items. Kept as bytes: a large file must not be held twice, as objects too. */
function itemsOfLines(bytes: Buffer): Items {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (bytes.subarray(start, end).some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d)) {
      starts.push(start);
      ends.push(end);
    }
    start = end + 1;
  }
  if (starts.length === 0) {
    // AWS does not document what an empty JSON Lines file does: refused rather than guessed.
    throw readerFailed(
      'The JSON Lines file has no items; the embedded engine refuses that, as AWS does not document it.',
    );
  }
  return {
    total: starts.length,
    at: (index) => {
      const text = bytes.toString('utf8', starts[index], ends[index]).trim();
      parse(text, `Line ${index + 1} is not JSON`);
      return Payload.ofText(text);
    },
  };
}

async function unzip(body: Buffer): Promise<Buffer> {
  try {
    return await promisify(gunzip)(body);
  } catch (error) {
    throw readerFailed(`The gzip file cannot be read: ${(error as Error).message}`);
  }
}

function parse(text: string, problem: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw readerFailed(`${problem}: ${(error as Error).message}`);
  }
}

function resolve(document: Json, pointer: string): Json | undefined {
  let node: Json | undefined = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as { [key: string]: Json })[key];
  }
  return node;
}
