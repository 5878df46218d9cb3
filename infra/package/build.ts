import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleHandlers } from '../handler-code.js';

/**
 * Builds what `npm pack` takes along for CDK apps of others, in `dist/`: the construct as one CommonJS file, which every
 * app can load, and the handlers as they are deployed. Its types are made by tsc (tsconfig.package.json).
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
bundleHandlers(dist);
await build({
  absWorkingDir: root,
  entryPoints: ['infra/index.ts'],
  outfile: join(dist, 'index.js'),
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // A CommonJS file knows where it lies by __filename.
  define: { 'import.meta.url': 'fileUrl' },
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'error',
});
writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
