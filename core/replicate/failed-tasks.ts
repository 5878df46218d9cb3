import { failedTask, failedTasksFile, type FailedTask, type FailedTasksFile } from '../../contracts/replication-job.js';
import type { Chunk } from '../../contracts/chunk.js';
import { packLines, unpackText } from '../inventory/row-codec.js';
import { compareKeys } from '../keys.js';
import { textLines, writeLines } from '../lines.js';
import type { FileStore } from '../ports.js';
import { runFiles } from '../run-files.js';

const TASKS_PER_FILE = 10_000;

/** By key, and among versions of one by their ids. */
export function compareTasks(a: FailedTask, b: FailedTask): number {
  return compareKeys(a.key, b.key) || compareKeys(a.versionId, b.versionId);
}

/** Writes failed tasks, which come sorted, in files of ten thousand and an index of these, so that a chunk finds its own. */
export async function writeFailedTasks(
  files: FileStore,
  at: { runId: string; pass: number },
  sorted: AsyncIterable<FailedTask>,
): Promise<void> {
  const paths = runFiles(at.runId);
  async function* index(): AsyncGenerator<FailedTasksFile> {
    let made = 0;
    for await (const tasks of inFiles(sorted)) {
      const key = paths.failedTasks(at.pass, made++);
      await files.write(key, await packLines(tasks.map((task) => JSON.stringify(task))));
      yield { key, rows: tasks.length, first: tasks[0]?.key ?? '', last: tasks.at(-1)?.key ?? '' };
    }
  }
  await writeLines(files, paths.failedTasksFiles(at.pass), index());
}

async function* inFiles(sorted: AsyncIterable<FailedTask>): AsyncGenerator<FailedTask[]> {
  let held: FailedTask[] = [];
  for await (const task of sorted) {
    held.push(task);
    if (held.length < TASKS_PER_FILE) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

/** The failed tasks of a pass that are about keys of one chunk. Read when they are first asked for: most chunks never ask. */
export class FailedTasks {
  #byVersion: Promise<ReadonlyMap<string, FailedTask>> | undefined;

  constructor(
    private readonly files: Pick<FileStore, 'stream' | 'read'>,
    private readonly at: { runId: string; pass: number },
    private readonly chunk: Pick<Chunk, 'first' | 'last'>,
  ) {}

  async find(key: string, versionId: string): Promise<FailedTask | undefined> {
    this.#byVersion ??= this.#read();
    return (await this.#byVersion).get(nameOf(key, versionId));
  }

  async #read(): Promise<ReadonlyMap<string, FailedTask>> {
    const { first, last } = this.chunk;
    const found = new Map<string, FailedTask>();
    const index = await this.files.stream(runFiles(this.at.runId).failedTasksFiles(this.at.pass));
    if (!index) return found;
    for await (const line of textLines(index.body)) {
      const file = failedTasksFile.parse(JSON.parse(line));
      if (compareKeys(file.last, first) < 0 || compareKeys(file.first, last) > 0) continue;
      for (const task of await this.#tasksIn(file.key))
        if (compareKeys(task.key, first) >= 0 && compareKeys(task.key, last) <= 0)
          found.set(nameOf(task.key, task.versionId), task);
    }
    return found;
  }

  async #tasksIn(key: string): Promise<FailedTask[]> {
    const file = await this.files.read(key);
    if (!file) throw new Error(`${key}: expected failed tasks that the index names`);
    const lines = (await unpackText(file.body)).split('\n').filter(Boolean);
    return lines.map((line) => failedTask.parse(JSON.parse(line)));
  }
}

/** No version id holds a NUL. */
function nameOf(key: string, versionId: string): string {
  return `${versionId}\0${key}`;
}
