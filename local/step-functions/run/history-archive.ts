import { promisify } from 'node:util';
import { constants, deflateRaw, inflateRaw } from 'node:zlib';

const compress = promisify(deflateRaw);
const decompress = promisify(inflateRaw);

/** Bytes that are compressed together: many histories of one Map Run, which have most of their text in common. */
const blockBytes = 1_048_576;

interface Block {
  /** Until the block is full. */
  lines: string[] | undefined;
  /** Once it is. */
  compressed: Promise<Buffer> | undefined;
}

/** Where an archived text is found again. */
export interface ArchivedText {
  block: Block;
  line: number;
}

/** Keeps the histories of executions that have ended in a hundredth of the memory; texts are single lines. */
export class HistoryArchive {
  #open: Block = { lines: [], compressed: undefined };
  #openBytes = 0;

  store(text: string): ArchivedText {
    const block = this.#open;
    const lines = block.lines ?? [];
    lines.push(text);
    this.#openBytes += text.length;
    if (this.#openBytes >= blockBytes) {
      block.compressed = compress(lines.join('\n'), { level: constants.Z_BEST_SPEED });
      void block.compressed.then(() => {
        block.lines = undefined;
      });
      this.#open = { lines: [], compressed: undefined };
      this.#openBytes = 0;
    }
    return { block, line: lines.length - 1 };
  }

  async read({ block, line }: ArchivedText): Promise<string> {
    const lines = block.lines ?? (await decompress(await (block.compressed as Promise<Buffer>))).toString().split('\n');
    return lines[line] as string;
  }
}
