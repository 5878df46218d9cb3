import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, version } from 'esbuild';
import type { BuildOptions, Plugin } from 'esbuild';

/** Where the project lies: the folder above this file's. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url));
const cacheFolder = join(projectRoot, 'node_modules/.cache/s3-backfill/bundles');

const OPTIONS = {
  bundle: true,
  // Native, and loaded with the first query of the engine alone.
  external: ['@duckdb/node-api'],
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // ES modules where a package has them: what is not used falls away.
  mainFields: ['module', 'main'],
  // `import()` becomes `require`: a script that V8 takes from its cache cannot import (local/lambda/load-bundle.ts).
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** A bundle that nobody started with for a day is removed: it was made of sources that have changed since. */
const UNUSED_MS = 86_400_000;

/** What a bundle was made of. Kept beside it. */
interface Recipe {
  bundle: string;
  /** SHA-256 of each of our source files in the same build, by absolute path. */
  inputs: Record<string, string>;
}

/** An entry point, and where its recipe is kept. */
interface Entry {
  name: string;
  source: string;
  recipeFile: string;
}

/**
 * Bundles TypeScript entry points for a Lambda function or a worker thread: one CommonJS file each, everything included.
 * Unchanged sources are not bundled again, and two processes that bundle at once do not disturb each other.
 * @param sources source file by name, absolute or from the project's root
 * @returns absolute path of the bundle by name
 */
export async function bundle(sources: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  await mkdir(cacheFolder, { recursive: true });
  const installed = hash(await readDependencies());
  const entries = Object.entries(sources).map(([name, path]) => {
    const source = resolve(projectRoot, path);
    const recipeFile = join(cacheFolder, `${hash(JSON.stringify([source, installed, version, OPTIONS]))}.json`);
    return { name, source, recipeFile };
  });
  const known = await Promise.all(entries.map(async (entry) => [entry.name, await cached(entry)] as const));
  const paths = new Map(known);
  const missing = entries.filter(({ name }) => paths.get(name) === undefined);
  if (missing.length > 0) for (const [name, path] of await make(missing)) paths.set(name, path);
  return Object.fromEntries(entries.map(({ name }) => [name, paths.get(name) ?? '']));
}

/**
 * Bundles several entry points into one file, each with the export `handler`: its exports are these, by name. What they share
 * is in it once.
 * @param sources source file by name, which must be an identifier; absolute or from the project's root
 */
export async function bundleTogether(sources: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  const lines = Object.entries(sources).map(
    ([name, path]) => `export { handler as ${name} } from ${JSON.stringify(resolve(projectRoot, path))};\n`,
  );
  const entry = join(cacheFolder, `${hash(lines.join(''))}.ts`);
  await writeWhole(entry, lines.join(''));
  const { together = '' } = await bundle({ together: entry });
  return together;
}

/**
 * Packages are told apart by the lock file: reading each of their files would take longer than bundling. As an installed
 * package we have none, but our dependencies are named by exact versions.
 */
function readDependencies(): Promise<Buffer> {
  return readFile(join(projectRoot, 'package-lock.json')).catch(() => readFile(join(projectRoot, 'package.json')));
}

async function cached({ recipeFile }: Entry): Promise<string | undefined> {
  try {
    const recipe = JSON.parse(await readFile(recipeFile, 'utf8')) as Recipe;
    const unchanged = await Promise.all(
      Object.entries(recipe.inputs).map(async ([path, sum]) => hash(await readFile(path)) === sum),
    );
    if (!unchanged.every(Boolean)) return undefined;
    const path = join(cacheFolder, recipe.bundle);
    const now = new Date();
    await utimes(path, now, now);
    return path;
  } catch {
    return undefined;
  }
}

/** One build for all: what they share is read once. */
async function make(entries: readonly Entry[]): Promise<(readonly [name: string, path: string])[]> {
  const read = new Map<string, string>();
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: Object.fromEntries(entries.map(({ name, source }) => [name, source])),
    absWorkingDir: projectRoot,
    outdir: cacheFolder,
    write: false,
    plugins: [remember(read)],
  });
  const made = await Promise.all(
    entries.map(async ({ name, recipeFile }) => {
      const text = outputFiles.find(({ path }) => path === join(cacheFolder, `${name}.js`))?.text ?? '';
      const recipe: Recipe = { bundle: `${hash(text)}.cjs`, inputs: Object.fromEntries(read) };
      const path = join(cacheFolder, recipe.bundle);
      await writeWhole(path, text);
      await writeWhole(recipeFile, JSON.stringify(recipe));
      return [name, path] as const;
    }),
  );
  await removeUnused();
  return made;
}

/** Notes the hash of what was really bundled: a file may be saved while we work. */
function remember(read: Map<string, string>): Plugin {
  return {
    name: 'remember-inputs',
    setup: (build) => {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.includes('/node_modules/')) return undefined;
        const contents = await readFile(path);
        read.set(path, hash(contents));
        return { contents, loader: 'ts' };
      });
    },
  };
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const path = join(cacheFolder, name);
    const lastUse = await stat(path).then(
      (file) => file.mtimeMs,
      () => Infinity,
    );
    if (Date.now() - lastUse > UNUSED_MS) await rm(path, { force: true });
  }
}

/** A reader sees the whole file or none. */
async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `.${process.pid}-${crypto.randomUUID()}`);
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
