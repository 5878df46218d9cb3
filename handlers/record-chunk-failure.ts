import { recordChunkFailureInput } from '../contracts/states.js';
import { recordChunkFailure } from '../core/copy/record-chunk-failure.js';
import { handle } from './runtime.js';

/** State RecordChunkFailure: see core/copy/record-chunk-failure.ts. */
export const handler = handle(recordChunkFailureInput, ({ ports }, input) => recordChunkFailure(ports, input));
