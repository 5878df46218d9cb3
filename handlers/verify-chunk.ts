import { verifyChunkInput } from '../contracts/states.js';
import { verifyChunk } from '../core/verify/verify-chunk.js';
import { handle } from './runtime.js';

/** State VerifyChunk: see core/verify/verify-chunk.ts. */
export const handler = handle(verifyChunkInput, ({ ports }, input) => verifyChunk(ports, input));
