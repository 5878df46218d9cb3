/**
 * Keys and values in the order of the keys' UTF-8 bytes, as S3 lists them. JavaScript's `<` compares UTF-16 and is wrong for keys
 * outside the BMP; here the few keys that matter are re-spelled so that `<` is right, which keeps every comparison native.
 * Blocks of at most 512 keys: an insert moves one block, a page reads a few, at a million keys and more.
 */
export class OrderedMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #blocks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key)) this.#insert(orderable(key));
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const spelled = orderable(key);
    const at = this.#blockOf(spelled);
    const block = this.#blocks[at] as string[];
    block.splice(lowerBound(block, spelled), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
    return true;
  }

  /**
   * The entries from `from` on, in order, `from` itself included unless `after` is asked for. The map may not change meanwhile.
   * @param from any string, a key or not.
   */
  *entries(from = '', bound: 'from' | 'after' = 'from'): Generator<[key: string, value: Value]> {
    const spelled = orderable(from);
    let at = Math.max(0, this.#blockOf(spelled));
    const first = this.#blocks[at];
    if (!first) return;
    let index = lowerBound(first, spelled);
    if (bound === 'after' && first[index] === spelled) index += 1;
    for (; at < this.#blocks.length; at += 1, index = 0) {
      const block = this.#blocks[at] as string[];
      for (; index < block.length; index += 1) {
        const key = original(block[index] as string);
        yield [key, this.#values.get(key) as Value];
      }
    }
  }

  #insert(spelled: string): void {
    const at = Math.max(0, this.#blockOf(spelled));
    const block = this.#blocks[at];
    if (!block) {
      this.#blocks.push([spelled]);
      return;
    }
    const index = lowerBound(block, spelled);
    if (block.length < BLOCK_KEYS) block.splice(index, 0, spelled);
    // Keys mostly come in order: a full last block is left full and a new one begun.
    else if (index === block.length && at === this.#blocks.length - 1) this.#blocks.push([spelled]);
    else {
      const upper = block.splice(BLOCK_KEYS / 2);
      this.#blocks.splice(at + 1, 0, upper);
      if (index <= BLOCK_KEYS / 2) block.splice(index, 0, spelled);
      else upper.splice(index - BLOCK_KEYS / 2, 0, spelled);
    }
  }

  /** The last block whose first key is not above `spelled`; -1 where all are. */
  #blockOf(spelled: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.[0] as string) <= spelled) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Negative, zero or positive, in UTF-8 byte order. */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [orderable(a), orderable(b)];
  return left < right ? -1 : Number(left > right);
}

/** The first string, in UTF-8 byte order, that is above every string with this prefix; undefined where there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    // U+D800…DFFF are no characters: the one after U+D7FF is U+E000.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

const BLOCK_KEYS = 512;
const SWAPPED = /[\ud800-\uffff]/;
const EVERY_SWAPPED = /[\ud800-\uffff]/g;

/** Surrogates stand for code points above U+FFFF, so they move above U+E000…FFFF, which move down into the gap. */
function orderable(key: string): string {
  return SWAPPED.test(key)
    ? key.replaceAll(EVERY_SWAPPED, (unit) => move(unit, unit < '\ue000' ? 0x2000 : -0x800))
    : key;
}

function original(spelled: string): string {
  return SWAPPED.test(spelled)
    ? spelled.replaceAll(EVERY_SWAPPED, (unit) => move(unit, unit < '\uf800' ? 0x800 : -0x2000))
    : spelled;
}

const move = (unit: string, by: number) => String.fromCharCode(unit.charCodeAt(0) + by);

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
