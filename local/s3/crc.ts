import { crc32 as zlibCrc32 } from 'node:zlib';

/** The cyclic redundancy checks that S3 knows. All are reflected, begin with ones and end inverted. */
export type CrcName = 'CRC32' | 'CRC32C' | 'CRC64NVME';

/** The CRC of `previous`' bytes followed by `bytes`. @param previous the CRC so far; 0 at the beginning. */
export function crc(name: CrcName, bytes: Buffer, previous = 0n): bigint {
  if (name === 'CRC32') return BigInt(zlibCrc32(bytes, Number(previous)));
  return name === 'CRC32C' ? BigInt(crc32c(bytes, Number(previous))) : crc64nvme(bytes, previous);
}

/** The CRC of two byte strings joined, from the CRC of each and the second one's length: nothing is read again. */
export function joinCrcs(name: CrcName, first: bigint, second: bigint, secondLength: number): bigint {
  return multiply(name, first, shift(name, secondLength)) ^ second;
}

/** The CRC of `length` zero bytes, in steps that grow with the logarithm of the length. */
export function crcOfZeros(name: CrcName, length: number): bigint {
  const ones = (1n << WIDTH[name]) - 1n;
  return multiply(name, ones, shift(name, length)) ^ ones;
}

const WIDTH: Record<CrcName, bigint> = { CRC32: 32n, CRC32C: 32n, CRC64NVME: 64n };
const POLYNOMIAL: Record<CrcName, bigint> = { CRC32: 0xedb88320n, CRC32C: 0x82f63b78n, CRC64NVME: 0x9a6c9329ac4bc9b5n };

/** Polynomials over GF(2) modulo the CRC's own; in reflected form the highest bit is x^0. */
function multiply(name: CrcName, a: bigint, b: bigint): bigint {
  const top = 1n << (WIDTH[name] - 1n);
  let product = 0n;
  let factor = b;
  for (let bit = top; bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ POLYNOMIAL[name] : factor >> 1n;
  }
  return product;
}

/** x^(8·length): what `length` more bytes do to a CRC. */
function shift(name: CrcName, length: number): bigint {
  const one = 1n << (WIDTH[name] - 1n);
  let power = one >> 8n;
  let result = one;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(name, result, power);
    power = multiply(name, power, power);
  }
  return result;
}

/** Eight tables, so that eight bytes are taken at a step ("slicing by 8"). */
function tables(name: CrcName): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(8 * 256);
  const high = new Uint32Array(8 * 256);
  const values: bigint[] = [];
  for (let slot = 0; slot < 8 * 256; slot += 1) {
    let value = slot < 256 ? BigInt(slot) : (values[slot - 256] as bigint);
    if (slot < 256)
      for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ POLYNOMIAL[name] : value >> 1n;
    else value = (value >> 8n) ^ (values[Number(value & 0xffn)] as bigint);
    values.push(value);
    low[slot] = Number(value & 0xffffffffn);
    high[slot] = Number(value >> 32n);
  }
  return { low, high };
}

let tables32c: Uint32Array | undefined;
let tables64: { low: Uint32Array; high: Uint32Array } | undefined;

/* oxlint-disable typescript/no-non-null-assertion -- every index below is masked to its table */
function crc32c(bytes: Buffer, previous: number): number {
  const t = (tables32c ??= tables('CRC32C').low);
  let c = ~previous;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const a = c ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    c =
      t[1792 + (a & 255)]! ^
      t[1536 + ((a >>> 8) & 255)]! ^
      t[1280 + ((a >>> 16) & 255)]! ^
      t[1024 + (a >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i += 1) c = (c >>> 8) ^ t[(c ^ bytes[i]!) & 255]!;
  return ~c >>> 0;
}

function crc64nvme(bytes: Buffer, previous: bigint): bigint {
  const { low: l, high: h } = (tables64 ??= tables('CRC64NVME'));
  let low = ~Number(previous & 0xffffffffn);
  let high = ~Number(previous >> 32n);
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const a = low ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    const b = high ^ (bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24));
    const [s, t, u, v] = [1792 + (a & 255), 1536 + ((a >>> 8) & 255), 1280 + ((a >>> 16) & 255), 1024 + (a >>> 24)];
    const [w, x, y, z] = [768 + (b & 255), 512 + ((b >>> 8) & 255), 256 + ((b >>> 16) & 255), b >>> 24];
    low = l[s]! ^ l[t]! ^ l[u]! ^ l[v]! ^ l[w]! ^ l[x]! ^ l[y]! ^ l[z]!;
    high = h[s]! ^ h[t]! ^ h[u]! ^ h[v]! ^ h[w]! ^ h[x]! ^ h[y]! ^ h[z]!;
  }
  for (; i < bytes.length; i += 1) {
    const slot = (low ^ bytes[i]!) & 255;
    low = ((low >>> 8) | (high << 24)) ^ l[slot]!;
    high = (high >>> 8) ^ h[slot]!;
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
