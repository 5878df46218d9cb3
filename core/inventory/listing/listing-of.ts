import type { ResolvedManifest, Run } from '../../../contracts/run.js';

/** The listing that a run makes. Only such a run comes into the states that ask. */
export function listingOf({ id, manifest }: Run): ResolvedManifest & { kind: 'list' } {
  if (manifest.kind === 'list') return manifest;
  throw new Error(`run ${id} reads a manifest and lists nothing`);
}
