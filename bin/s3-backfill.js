#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Only a clone of the project has its infra/: there the sources run, which are TypeScript, and no build of before them.
if (existsSync(new URL('../infra', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('../cli/main.ts');
} else {
  await import('../dist/cli.mjs');
}
