import { failureTable } from '../adapters/ports.js';
import { recordChunkFailureInput } from '../contracts/states.js';
import { recordChunkFailure } from '../core/copy/record-chunk-failure.js';
import { handle } from './runtime/handle.js';

/** States RecordChunkFailure and RecordUnverifiedChunk: see core/copy/record-chunk-failure.ts. */
export const handler = handle(recordChunkFailureInput, failureTable, ({ ports }, input) =>
  recordChunkFailure(ports, input),
);
