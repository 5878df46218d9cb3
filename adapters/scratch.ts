import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scratch } from '../core/ports.js';

/** Scratch files in a folder of their own under the machine's temporary one; on Lambda that is /tmp, 512 MiB unless configured. */
export function temporaryScratch(): Scratch {
  let folder: Promise<string> | undefined;
  let files = 0;
  const readers: Promise<FileHandle>[] = [];
  return {
    async file() {
      folder ??= mkdtemp(join(tmpdir(), 's3-backfill-'));
      const path = join(await folder, String(files++));
      const handle = await open(path, 'wx');
      let reader: Promise<FileHandle> | undefined;
      return {
        write: async (bytes) => {
          await handle.writeFile(bytes);
        },
        close: () => handle.close(),
        read: () => createReadStream(path),
        readAt: async (offset, length) => {
          if (!reader) readers.push((reader = open(path, 'r')));
          const bytes = Buffer.allocUnsafe(length);
          const { bytesRead } = await (await reader).read(bytes, 0, length, offset);
          return bytes.subarray(0, bytesRead);
        },
      };
    },
    async clear() {
      for (const reader of readers.splice(0)) await (await reader).close();
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
