import { bundleSizes, MOST_BUNDLE_BYTES } from './bundle-sizes.js';

/** Prints the size of each handler's bundle; exit code 1 where one is larger than it may be. */
for (const { handler, bytes } of bundleSizes()) {
  process.stdout.write(`${handler.padEnd(22)} ${(bytes / 1000).toFixed(0).padStart(5)} kB\n`);
  if (bytes > MOST_BUNDLE_BYTES) process.exitCode = 1;
}
