import { statSync } from 'node:fs';
import { join } from 'node:path';
import { handlerFolder, handlerNames } from './handler-code.js';

/** Lambda loads a bundle at each cold start: 1 MB are about 150 ms on half a core. A quarter more since undici is in some, and Secrets Manager's client in those that reach a side. */
export const MOST_BUNDLE_BYTES = 1_250_000;

/** Bytes of each handler's bundle. */
export function bundleSizes(): { handler: string; bytes: number }[] {
  return handlerNames().map((handler) => ({ handler, bytes: statSync(join(handlerFolder(handler), 'index.js')).size }));
}
