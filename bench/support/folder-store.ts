import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { compareKeys } from '../../core/keys.js';
import type { FileStore, FileWriter } from '../../core/ports.js';

/** A work bucket in a folder: what the states of a run write is theirs, and a key is a path below it. */
export function folderStore(folder: string): FileStore {
  const pathOf = (key: string) => join(folder, key);
  const write = async (key: string, body: Buffer | string) => {
    await mkdir(dirname(pathOf(key)), { recursive: true });
    await writeFile(pathOf(key), body);
  };
  return {
    bucket: 'bench-work',
    async read(key) {
      const body = await readFile(pathOf(key)).catch(() => undefined);
      return body && { body, version: '1' };
    },
    readRange: async (key, offset, length) => (await readFile(pathOf(key))).subarray(offset, offset + length),
    async stream(key) {
      const size = await sizeOf(pathOf(key));
      return size === undefined ? undefined : { body: createReadStream(pathOf(key)), size };
    },
    async stat(key) {
      const size = await sizeOf(pathOf(key));
      return size === undefined ? undefined : { size, version: '1' };
    },
    streamRange: async (key, { from, to }) => createReadStream(pathOf(key), { start: from, end: to - 1 }),
    write,
    remove: (key) => rm(pathOf(key), { force: true }),
    async writeIf(key, body) {
      await write(key, body);
      return true;
    },
    writer: (key) => fileWriter(pathOf(key)),
    async *list(prefix) {
      const names = await readdir(pathOf(prefix)).catch(() => []);
      for (const name of names.toSorted(compareKeys)) yield `${prefix}${name}`;
    },
    async *folders() {},
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

function fileWriter(path: string): FileWriter {
  let stream: ReturnType<typeof createWriteStream> | undefined;
  const open = async () => {
    if (stream) return stream;
    await mkdir(dirname(path), { recursive: true });
    return (stream = createWriteStream(path));
  };
  return {
    async write(bytes) {
      const to = await open();
      if (!to.write(bytes)) await once(to, 'drain');
    },
    async close() {
      const to = await open();
      to.end();
      await once(to, 'finish');
    },
    abort: async () => void stream?.destroy(),
  };
}
