import type { Chunk } from '../../contracts/chunk.js';
import { proofLine, proofsFile, type Proof } from '../../contracts/proof.js';
import type { Run } from '../../contracts/run.js';
import { unpackText } from '../inventory/row-codec.js';
import { compareKeys } from '../keys.js';
import { textLines } from '../lines.js';
import type { FileStore } from '../ports.js';
import { runFiles } from '../run-files.js';

/** What earlier runs proved of the keys of one chunk. Read when it is first asked for: most chunks never ask. */
export class ProofsOnFile {
  #byKey: Promise<ReadonlyMap<string, Proof>> | undefined;

  constructor(
    private readonly files: FileStore,
    private readonly provenBy: Run['provenBy'],
    private readonly chunk: Pick<Chunk, 'first' | 'last'>,
  ) {}

  /** The newest proof about a source object, or about one of its versions. */
  async find(key: string, versionId?: string): Promise<Proof | 'none'> {
    if (this.provenBy.length === 0) return 'none';
    this.#byKey ??= this.#read();
    return (await this.#byKey).get(nameOf(key, versionId)) ?? 'none';
  }

  /** Of two proofs about a key the newer one counts. Files that have expired prove nothing: then it is proved anew. */
  async #read(): Promise<ReadonlyMap<string, Proof>> {
    const byKey = new Map<string, Proof>();
    for (const { runId, passes } of this.provenBy)
      for (let pass = passes; pass >= 1; pass--)
        for (const file of await this.#filesOf(runId, pass)) await this.#readFile(file, byKey);
    return byKey;
  }

  async #filesOf(runId: string, pass: number): Promise<string[]> {
    const index = await this.files.stream(runFiles(runId).proofsFiles(pass));
    if (!index) return [];
    const keys: string[] = [];
    for await (const line of textLines(index.body)) {
      const { key, first, last } = proofsFile.parse(JSON.parse(line));
      if (compareKeys(last, this.chunk.first) >= 0 && compareKeys(first, this.chunk.last) <= 0) keys.push(key);
    }
    return keys;
  }

  async #readFile(key: string, byKey: Map<string, Proof>): Promise<void> {
    const file = await this.files.read(key);
    if (!file) return;
    for (const line of (await unpackText(file.body)).split('\n')) {
      if (line === '') continue;
      const { key: about, versionId, ...proof } = proofLine.parse(JSON.parse(line));
      const isOurs = compareKeys(about, this.chunk.first) >= 0 && compareKeys(about, this.chunk.last) <= 0;
      const name = nameOf(about, versionId);
      if (isOurs && !byKey.has(name)) byKey.set(name, proof);
    }
  }
}

/** No version id holds a NUL. */
function nameOf(key: string, versionId = ''): string {
  return `${versionId}\0${key}`;
}
