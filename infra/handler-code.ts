import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type BuildOptions } from 'esbuild';
import { LIVE_HANDLERS } from '../contracts/live.js';

const here = dirname(fileURLToPath(import.meta.url));

/** In the package the bundles lie beside this file; in the source they are made when they are asked for. */
const isPackage = basename(here) === 'dist';
const root = join(here, '..');

/** The handlers' names that every pair has: `copy-chunk` and so on. */
export function handlerNames(): string[] {
  return allHandlers().filter((name) => !(LIVE_HANDLERS as readonly string[]).includes(name));
}

function allHandlers(): string[] {
  return isPackage ? readdirSync(join(here, 'handlers')).sort() : namesIn('handlers');
}

function namesIn(folder: string): string[] {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.ts'));
  return files.map((file) => basename(file, '.ts')).sort();
}

/** The folder that is the code of a state's function: one `index.js`, everything included. */
export function handlerFolder(name: string): string {
  return join(bundles(), 'handlers', name);
}

/** The same of a function that CloudFormation calls. */
export function deployHandlerFolder(name: string): string {
  return join(bundles(), 'deploy-handlers', name);
}

function bundles(): string {
  built ??= isPackage ? here : bundleHandlers(join(root, '.build'));
  return built;
}

let built: string | undefined;

/**
 * Bundles every handler into `<folder>/handlers/<name>/index.js`, and what CloudFormation calls beside it, minified: error
 * names are set by name and survive it. One build for all: what they share is read once. Two processes that bundle at once
 * do not disturb each other. Answers the folder.
 */
export function bundleHandlers(folder: string): string {
  const { outputFiles } = buildSync({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: {
      ...Object.fromEntries(allHandlers().map((name) => [`handlers/${name}/index`, `handlers/${name}.ts`])),
      ...Object.fromEntries(
        namesIn('handlers/deploy').map((name) => [`deploy-handlers/${name}/index`, `handlers/deploy/${name}.ts`]),
      ),
    },
    outdir: folder,
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    const unfinished = join(folder, `.${process.pid}-${randomUUID()}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(unfinished, contents);
    renameSync(unfinished, path);
  }
  return folder;
}

const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  // The oldest Node that also runs them on the embedded engine; Lambda's is newer.
  target: 'node20',
  format: 'cjs',
  // ES modules where a package has them: what is not used falls away.
  mainFields: ['module', 'main'],
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;
