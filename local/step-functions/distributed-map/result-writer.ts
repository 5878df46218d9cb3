import type { Json, Payload } from '../run/payload.js';
import { StateError } from '../run/state-error.js';

export type Transformation = 'NONE' | 'COMPACT' | 'FLATTEN';
export type OutputType = 'JSON' | 'JSONL';

export interface WriterConfig {
  transformation: Transformation;
  outputType: OutputType;
}

/** Where a Map Run's results go. */
export interface Destination {
  bucket: string;
  prefix: string;
}

type Group = 'SUCCEEDED' | 'FAILED' | 'PENDING';
export type WriteObject = (bucket: string, key: string, body: Buffer, contentType: string) => Promise<void>;

/** Bytes of one result file; more results go on in the next one (Developer Guide, "ResultWriter"). */
const fileBytes = 5_000_000_000;

/**
 * The result files of one Map Run: `<prefix>/<map run id>/SUCCEEDED_0.json` and so on, and `manifest.json`, written last.
 * Results are turned into text as they come, so that the children need not be kept.
 */
export class ResultWriter {
  readonly #lines: Record<Group, Buffer[]> = { SUCCEEDED: [], FAILED: [], PENDING: [] };

  constructor(
    private readonly destination: Destination,
    private readonly config: WriterConfig,
    private readonly writeObject: WriteObject,
    private readonly maxFileBytes = fileBytes,
  ) {}

  add(group: Group, record: object, output: Payload | undefined): void {
    const texts =
      group === 'SUCCEEDED' ? transformed(this.config.transformation, record, output) : [JSON.stringify(record)];
    for (const text of texts) this.#lines[group].push(Buffer.from(text));
  }

  /**
   * Writes a manifest of no files, which tells before a child runs whether the results can be written.
   * @throws what the port throws.
   */
  async test(mapRunArn: string): Promise<void> {
    await this.#writeManifest(mapRunArn, { FAILED: [], PENDING: [], SUCCEEDED: [] });
  }

  /** @throws StateError States.ResultWriterFailed. */
  async finish(mapRunArn: string): Promise<{ Bucket: string; Key: string }> {
    try {
      const files: Record<string, Json> = {};
      for (const group of ['FAILED', 'PENDING', 'SUCCEEDED'] as const)
        files[group] = await this.#writeGroup(group, this.#folder(mapRunArn));
      return await this.#writeManifest(mapRunArn, files);
    } catch (error) {
      throw new StateError('States.ResultWriterFailed', (error as Error).message);
    }
  }

  async #writeManifest(mapRunArn: string, files: Record<string, Json>): Promise<{ Bucket: string; Key: string }> {
    const { bucket } = this.destination;
    const manifest = { DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: files };
    const key = `${this.#folder(mapRunArn)}manifest.json`;
    await this.writeObject(bucket, key, Buffer.from(JSON.stringify(manifest)), 'application/json');
    return { Bucket: bucket, Key: key };
  }

  #folder(mapRunArn: string): string {
    const { prefix } = this.destination;
    const id = mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1);
    return prefix === '' ? `${id}/` : `${prefix}${prefix.endsWith('/') ? '' : '/'}${id}/`;
  }

  async #writeGroup(group: Group, folder: string): Promise<Json[]> {
    const { bucket } = this.destination;
    const { outputType } = this.config;
    const files: Json[] = [];
    for (const lines of split(this.#lines[group], this.maxFileBytes)) {
      const body = joined(lines, outputType);
      const key = `${folder}${group}_${files.length}.${outputType.toLowerCase()}`;
      await this.writeObject(bucket, key, body, outputType === 'JSON' ? 'application/json' : 'application/jsonl');
      files.push({ Key: key, Size: body.length });
    }
    return files;
  }
}

/** The texts that one successful child makes: several where FLATTEN opens its array. */
export function transformed(transformation: Transformation, record: object, output: Payload | undefined): string[] {
  if (transformation === 'NONE' || !output) return [JSON.stringify(record)];
  if (transformation === 'COMPACT' || !Array.isArray(output.value)) return [output.text];
  return output.value.map((item) => JSON.stringify(item));
}

function split(lines: Buffer[], maxBytes: number): Buffer[][] {
  const files: Buffer[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (bytes + line.length + 1 > maxBytes) {
      files.push([]);
      bytes = 2;
    }
    files.at(-1)?.push(line);
    bytes += line.length + 1;
  }
  return files;
}

/** A JSON text cannot hold a line break outside of its strings' escapes unless it was passed on as it came. */
function joined(lines: Buffer[], outputType: OutputType): Buffer {
  const separator = Buffer.from(outputType === 'JSON' ? ',' : '\n');
  const parts = lines.flatMap((line, index) => (index === 0 ? [line] : [separator, line]));
  if (outputType === 'JSONL') return Buffer.concat([...parts, separator]);
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}
