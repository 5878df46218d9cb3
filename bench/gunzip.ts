import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';

/**
 * node:zlib beside npm's zlib-streams on inventory rows in one gzip member and in two: bytes that come out, and seconds.
 * Run: npx tsx bench/gunzip.ts [rows]
 */
const rows = Number(process.argv[2] ?? 1_000_000);
const half = Buffer.from(
  Array.from(
    { length: rows / 2 },
    (_, n) =>
      `"bucket","photos/2025/${n}.jpg","${n}","2026-01-01T00:00:00.000Z","d41d8cd98f00b204e9800998ecf8427e","STANDARD"\n`,
  ).join(''),
);
const member = gzipSync(half, { level: 6 });
const inputs = { 'one member': gzipSync(Buffer.concat([half, half])), 'two members': Buffer.concat([member, member]) };

async function main() {
  const gunzips = { 'node:zlib': byNode, 'zlib-streams': await byZlibStreams() };
  for (const [input, bytes] of Object.entries(inputs)) {
    for (const [name, gunzip] of Object.entries(gunzips)) {
      const began = performance.now();
      const out = await gunzip(bytes);
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      const verdict = out === 2 * half.length ? 'all' : 'LOST SOME';
      console.log(
        `${input.padEnd(12)} ${name.padEnd(13)} ${out} of ${2 * half.length} bytes (${verdict}) in ${seconds} s`,
      );
    }
  }
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

await main();
