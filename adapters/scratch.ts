import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scratch } from '../core/ports.js';

/** Scratch files in a folder of their own under the machine's temporary one; on Lambda that is /tmp, 512 MiB unless configured. */
export function temporaryScratch(): Scratch {
  let folder: Promise<string> | undefined;
  let files = 0;
  return {
    async file() {
      folder ??= mkdtemp(join(tmpdir(), 's3-backfill-'));
      const path = join(await folder, String(files++));
      const handle = await open(path, 'wx');
      return {
        write: async (bytes) => {
          await handle.writeFile(bytes);
        },
        close: () => handle.close(),
        read: () => createReadStream(path),
      };
    },
    async clear() {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
