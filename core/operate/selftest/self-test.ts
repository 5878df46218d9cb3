import { OWN_MANIFESTS, type PairBounds } from '../../../contracts/pair.js';
import { StorageError } from '../../errors.js';
import { destinationKey } from '../../keys.js';
import type { Clock } from '../../ports.js';
import type { EndedRun } from '../ended-run.js';
import { ownManifest } from '../own-manifest.js';
import { leftWords, type LeftOver, type OwnPrefix } from '../own-prefix.js';
import { broken, held, type Verdict } from '../verdict.js';
import { expectArrived } from './expect-objects.js';
import { expectRun, type RunKind } from './expect-run.js';
import { GONE, selfTestObjects } from './objects.js';

/** Where a self-test writes, how it runs an execution to its end, and whom it tells. */
export interface SelfTestPorts {
  source: OwnPrefix;
  destination: OwnPrefix;
  /** `manifests/selftest-<id>/` of the work bucket. */
  manifests: OwnPrefix;
  /** `runs/selftest-<id>-…` of the work bucket, which the runs write. */
  runs: OwnPrefix;
  run(name: string, input: unknown): Promise<EndedRun>;
  clock: Pick<Clock, 'now'>;
  tell(step: Step): Promise<void>;
  /** Aborted: goes on with removing what was made. */
  signal: AbortSignal;
}

export interface Step {
  title: string;
  verdict: Verdict;
  milliseconds: number;
}

/** Prefixes of one self-test in the three buckets. */
export function selfTestPrefixes(id: string, bounds: PairBounds) {
  const source = `${bounds.source.prefix ?? ''}s3-backfill-selftest/${id}/`;
  return {
    source,
    destination: destinationKey(source, bounds),
    manifests: `${OWN_MANIFESTS}selftest-${id}/`,
    runs: `runs/selftest-${id}-`,
  };
}

/**
 * Writes a few objects and a manifest of them, runs the pair over them three times, and holds what came of it against
 * what should. Ends at the first step that does not hold; removes what it made, whatever happens. Answers whether all held.
 */
export async function selfTest(ports: SelfTestPorts, id: string, bounds: PairBounds): Promise<boolean> {
  const input = { source: { prefix: ports.source.prefix }, ...readableClass(bounds) };
  let manifest = '';
  const run =
    (kind: RunKind, more: object = {}) =>
    async () =>
      expectRun(
        kind,
        await ports.run(`selftest-${id}-${kind}`, { ...input, manifest, ...more }),
        selfTestObjects.length,
      );
  const steps: [title: string, step: () => Promise<Verdict>][] = [
    ['write objects', () => writeObjects(ports)],
    [
      'write manifest',
      async () => {
        manifest = await writeManifest(ports);
        return held(manifest);
      },
    ],
    ['dry run', run('dry', { dryRun: true })],
    ['nothing written', () => expectNothingWritten(ports)],
    ['first run', run('first')],
    ['compare objects', () => compareObjects(ports)],
    ['second run', run('second')],
  ];
  try {
    for (const [title, step] of steps) if (!(await take(ports, title, step))) return await sweep(ports, false);
  } catch (error) {
    await sweep(ports, false);
    throw error;
  }
  return sweep(ports, true);
}

/** Tells of one step; answers whether the next one follows. */
async function take(ports: SelfTestPorts, title: string, step: () => Promise<Verdict>): Promise<boolean> {
  const began = ports.clock.now();
  const verdict = await attempt(step);
  const seen = ports.signal.aborted
    ? broken('to go on', 'an interruption', 'Run it again when there is a minute.')
    : verdict;
  await ports.tell({ title, verdict: seen, milliseconds: ports.clock.now() - began });
  return seen.kind === 'held';
}

/** What S3 refuses to the person who runs the self-test is a finding; what keeps S3 from answering is not. */
async function attempt(step: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    return broken(
      'S3 to do it for your own credentials',
      `${error.code}: ${error.message}`,
      'Check that the bucket exists, and allow what `s3-backfill selftest --help` names.',
    );
  }
}

async function writeObjects({ source }: SelfTestPorts): Promise<Verdict> {
  for (const object of selfTestObjects) await source.put(object);
  return held(`${selfTestObjects.length} under s3://${source.bucket}/${source.prefix}`);
}

/** Answers its address. */
async function writeManifest({ source, manifests, clock }: SelfTestPorts): Promise<string> {
  const now = clock.now();
  const rows = await source.list();
  const gone = { key: source.prefix + GONE, size: 4, etag: '0'.repeat(32), lastModified: now };
  const { name, files } = ownManifest([...rows, gone], {
    sourceBucket: source.bucket,
    lyingIn: { bucket: manifests.bucket, folder: manifests.prefix },
    now,
  });
  for (const file of files) await manifests.put(file);
  return `s3://${manifests.bucket}/${manifests.prefix}${name}`;
}

/** Live replication may have brought something meanwhile; S3 marks that. */
async function expectNothingWritten({ destination }: SelfTestPorts): Promise<Verdict> {
  const found = await destination.list();
  for (const { key } of found) {
    const object = await destination.read(key.slice(destination.prefix.length));
    if (object && !object.isReplica)
      return broken(
        `nothing under s3://${destination.bucket}/${destination.prefix} but what live replication brought`,
        `${key}, which is no replica`,
        'See what else writes at the destination.',
      );
  }
  return held(found.length === 0 ? 'the destination is as it was' : `${found.length} brought by live replication`);
}

async function compareObjects({ destination }: SelfTestPorts): Promise<Verdict> {
  for (const written of selfTestObjects) {
    const address = `s3://${destination.bucket}/${destination.prefix}${written.name}`;
    const verdict = expectArrived(written, await destination.read(written.name), address);
    if (verdict.kind === 'broken') return verdict;
  }
  return held(`${selfTestObjects.length} the same, byte for byte, with content type, metadata and tags`);
}

/** The source first: live replication brings nothing that is gone. */
async function sweep(ports: SelfTestPorts, isHeld: boolean): Promise<boolean> {
  const began = ports.clock.now();
  const left: LeftOver[] = [];
  for (const prefix of [ports.source, ports.destination, ports.manifests, ports.runs])
    left.push(...(await prefix.sweep()));
  const verdict =
    left.length === 0
      ? held('all that it made is gone again')
      : broken(
          'all that it made to be removed',
          leftWords(left),
          'Remove it by hand; allow s3:ListBucketVersions, s3:DeleteObject and s3:DeleteObjectVersion.',
        );
  await ports.tell({ title: 'remove', verdict, milliseconds: ports.clock.now() - began });
  return isHeld && left.length === 0;
}

/** What was copied into an archive could not be read again. */
function readableClass({ destination }: PairBounds): object {
  const isArchive = destination.storageClass === 'GLACIER' || destination.storageClass === 'DEEP_ARCHIVE';
  return isArchive ? { destination: { storageClass: 'STANDARD' } } : {};
}
