import type { ResolvedManifest } from '../../contracts/run.js';

/** A run, and the pass whose chunks.jsonl holds what it owed in the end. A day of a live copy has no such file. */
export interface Trip {
  runId: string;
  pass: number;
}

/** The earlier runs, or the day of a live copy, whose failures a manifest names: newest first. */
export function redrivenBy(manifest: ResolvedManifest): readonly Trip[] {
  if (manifest.kind === 'owed') return manifest.runs;
  return manifest.kind === 'csv' && manifest.failuresOf !== undefined ? [{ runId: manifest.failuresOf, pass: 1 }] : [];
}
