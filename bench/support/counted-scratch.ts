import { temporaryScratch } from '../../adapters/scratch.js';
import type { Scratch } from '../../core/ports.js';

/** The scratch of a Lambda, which tells how much was written to it. */
export function countedScratch(): { scratch: () => Scratch; bytes: () => number } {
  let written = 0;
  const scratch = () => {
    const real = temporaryScratch();
    return {
      async file() {
        const file = await real.file();
        return {
          ...file,
          write: (bytes: Buffer) => {
            written += bytes.length;
            return file.write(bytes);
          },
        };
      },
      clear: () => real.clear(),
    };
  };
  return { scratch, bytes: () => written };
}
