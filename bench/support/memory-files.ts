import { Readable } from 'node:stream';
import type { FailureTable, FileStore } from '../../core/ports.js';

/** A work bucket that costs next to nothing. Has what CopyChunk needs. */
export function memoryFiles(): FileStore {
  const files = new Map<string, Buffer>();
  return {
    bucket: 'bench',
    read: async (key) => {
      const body = files.get(key);
      return body && { body, version: '1' };
    },
    readRange: async (key, offset, length) => {
      const body = files.get(key);
      if (!body) throw new Error(`There is no file ${key}.`);
      return body.subarray(offset, offset + length);
    },
    stream: async (key) => {
      const body = files.get(key);
      return body && { body: Readable.from([body]), size: body.length };
    },
    write: async (key, body) => {
      files.set(key, Buffer.from(body));
    },
    async *list(prefix) {
      yield* [...files.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    },
    stat: unused,
    streamRange: unused,
    remove: unused,
    writeIf: unused,
    writer: unused,
    folders: unused,
  };
}

/** A failure table that nothing fails in. */
export const noFailures: FailureTable = {
  name: 'none',
  count: async (_, attempts) => ({ attempts, failures: new Map() }),
  stopCause: async () => undefined,
  reserve: unused,
  put: unused,
  ofChunk: unused,
  async *ofRun() {},
  stop: unused,
  take: unused,
  giveBack: unused,
};

function unused(): never {
  throw new Error('The benchmark has no need of this.');
}
