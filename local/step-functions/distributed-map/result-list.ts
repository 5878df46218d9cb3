import { limits } from '../limits.js';
import { Payload } from '../run/payload.js';
import type { ResultSink } from './map-run.js';

/** The results of a Map Run without a destination: they are the state's result, in the order of the items. */
export class ResultList implements ResultSink {
  #texts: string[][] = [];
  #bytes = 0;

  /** @param textsOf the texts that one successful child makes. */
  constructor(private readonly textsOf: (record: object, output: Payload | undefined) => string[]) {}

  add(group: 'SUCCEEDED' | 'FAILED' | 'PENDING', record: object, output: Payload | undefined, index: number): void {
    if (group === 'PENDING') return;
    const texts = group === 'SUCCEEDED' ? this.textsOf(record, output) : [JSON.stringify(record)];
    this.#bytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    if (this.#bytes > limits.payloadBytes) this.#texts = [];
    else this.#texts[index] = texts;
  }

  /** undefined where the results are too long to be one. */
  result(): Payload | undefined {
    return this.#bytes > limits.payloadBytes ? undefined : Payload.ofText(`[${this.#texts.flat().join(',')}]`);
  }
}
