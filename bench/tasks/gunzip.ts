import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { answerParent } from '../support/answer-parent.js';
import { taken, type Taken } from '../support/taken.js';

/** Unpacks inventory rows in so many gzip members. */
export interface GunzipTask {
  rows: number;
  members: 1 | 2;
}

/** Bytes that came out, of so many that went in. */
export type Unpacked = Taken & { bytes: number; of: number };

const READERS = { 'node:zlib': async () => byNode, 'zlib-streams': byZlibStreams };
const open = READERS[process.argv[2] as keyof typeof READERS];
answerParent((task) => unpack(task as GunzipTask));

async function unpack({ rows, members }: GunzipTask): Promise<Unpacked> {
  const half = Buffer.from(Array.from({ length: rows / 2 }, (_, n) => record(n)).join(''));
  const input = members === 1 ? gzipSync(Buffer.concat([half, half])) : Buffer.concat([gzipSync(half), gzipSync(half)]);
  const gunzip = await open();
  let bytes = 0;
  const cost = await taken(async () => (bytes = await gunzip(input)));
  return { ...cost, bytes, of: 2 * half.length };
}

function record(n: number): string {
  return `"bucket","photos/2025/${n}.jpg","${n}","2026-01-01T00:00:00.000Z","d41d8cd98f00b204e9800998ecf8427e","STANDARD"\n`;
}

async function byNode(bytes: Buffer): Promise<number> {
  let length = 0;
  for await (const block of Readable.from(slices(bytes)).pipe(createGunzip({ chunkSize: 256 * 1024 })))
    length += (block as Buffer).length;
  return length;
}

/** Node has it; the type libraries without a DOM do not know it. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate(bytes: Buffer): Promise<{ instance: { exports: object } }> };
};

interface ZlibStreams {
  setWasmExports(exports: object): void;
  DecompressionStreamZlib: new (format: string) => TransformStream<Uint8Array, Uint8Array>;
}

async function byZlibStreams(): Promise<(bytes: Buffer) => Promise<number>> {
  // It has no types; a name that the compiler does not know is not looked up.
  const name: string = 'zlib-streams/zlib-streams.js';
  const module: ZlibStreams = await import(name);
  const wasm = await readFile(createRequire(import.meta.url).resolve('zlib-streams/zlib-streams.wasm'));
  const { instance } = await webAssembly.instantiate(wasm);
  module.setWasmExports(instance.exports);
  return async (bytes) => {
    let length = 0;
    const input = Readable.toWeb(Readable.from(slices(bytes))) as ReadableStream<Uint8Array>;
    for await (const block of input.pipeThrough(new module.DecompressionStreamZlib('gzip'))) length += block.length;
    return length;
  };
}

/** As they come from a socket. */
function* slices(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
}
