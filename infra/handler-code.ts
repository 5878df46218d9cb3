import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, version, type BuildOptions } from 'esbuild';
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
  built ??= isPackage ? here : bundlesOfSource(join(root, '.build'));
  return built;
}

/** Unchanged sources are not bundled again: every synthesis of a pair asks for them. */
function bundlesOfSource(folder: string): string {
  const file = join(folder, 'recipe.json');
  const began = Date.now();
  if (isMadeOf(file)) return folder;
  rmSync(file, { force: true });
  const inputs = bundleHandlers(folder);
  // What was saved while we worked is bundled again.
  if (existsSync(join(root, INSTALLED)) && inputs.every((path) => statSync(join(root, path)).mtimeMs < began))
    writeWhole(file, JSON.stringify({ inputs, digest: digestOf(inputs) } satisfies Recipe));
  return folder;
}

/** What the bundles were made of. */
interface Recipe {
  /** Our source files, from the root. */
  inputs: readonly string[];
  digest: string;
}

function isMadeOf(file: string): boolean {
  try {
    const { inputs, digest } = JSON.parse(readFileSync(file, 'utf8')) as Recipe;
    return digest === digestOf(inputs);
  } catch {
    return false;
  }
}

const INSTALLED = 'node_modules/.package-lock.json';

/** Of packages stands for their files what npm says that it installed. */
function digestOf(inputs: readonly string[]): string {
  const digest = createHash('sha256').update(
    JSON.stringify([version, OPTIONS, allHandlers(), namesIn('handlers/deploy')]),
  );
  for (const path of [INSTALLED, 'tsconfig.json', ...inputs]) digest.update(readFileSync(join(root, path)));
  return digest.digest('hex');
}

let built: string | undefined;

/**
 * Bundles every handler into `<folder>/handlers/<name>/index.js`, and what CloudFormation calls beside it, minified: error
 * names are set by name and survive it. One build for all: what they share is read once. Two processes that bundle at once
 * do not disturb each other. Answers our source files that are in it, from the root.
 */
export function bundleHandlers(folder: string): string[] {
  const { outputFiles, metafile } = buildSync({
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
    metafile: true,
  });
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  return Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
}

/** A reader sees the whole file or none. */
function writeWhole(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = join(dirname(path), `.${process.pid}-${randomUUID()}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
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
