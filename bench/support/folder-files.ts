import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileStore } from '../../core/ports.js';

/** What IndexFile and TallyPass reach of a bucket, as files of a folder: S3 does not count, and takes no memory of the process. */
export function folderFiles(folder: string): FileStore {
  const inside = async (key: string) => {
    const path = join(folder, key);
    await mkdir(dirname(path), { recursive: true });
    return path;
  };
  const unused = (): never => {
    throw new Error('not needed to be measured');
  };
  return {
    bucket: 'bench',
    read: async (key) => ({ body: await readFile(join(folder, key)), version: '1' }),
    stream: async (key) => {
      const path = join(folder, key);
      return { body: createReadStream(path), size: (await stat(path)).size };
    },
    write: async (key, body) => writeFile(await inside(key), body),
    writer: (key) => {
      let opened: ReturnType<typeof open> | undefined;
      const handle = () => (opened ??= inside(key).then((path) => open(path, 'w')));
      const close = async () => {
        const file = await handle();
        opened = undefined;
        await file.close();
      };
      return {
        write: async (bytes) => (await handle()).writeFile(bytes),
        close,
        abort: async () => {
          if (opened) await close();
        },
      };
    },
    async *list() {},
    readRange: unused,
    remove: unused,
    writeIf: unused,
    folders: unused,
  };
}
