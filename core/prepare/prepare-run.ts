import type { DeployedPair } from '../../contracts/pair.js';
import type { ReachedAddress, SideAddress } from '../../contracts/side.js';
import type { RunRequest } from '../../contracts/run-request.js';
import type { Run } from '../../contracts/run.js';
import { BackfillError } from '../errors.js';
import { writeLines } from '../lines.js';
import type { BucketPair, Ports } from '../ports.js';
import { inheritUploads } from '../copy/upload-records.js';
import { nextTimeOfDay } from '../fences/stop-time.js';
import { beginListing } from '../inventory/listing/begin-listing.js';
import { provenBy } from '../verify/proven-by.js';
import { readRun, runFiles } from '../run-files.js';
import { workersOf } from '../workers.js';
import { asOfOf, boundsTo, scopeOf } from './pair-bounds.js';
import { takePairLock } from './pair-lock.js';
import { parseRequest } from './parse-request.js';
import { expectReplicable } from './expect-replicable.js';
import { probeSides } from './probe.js';
import { resolveManifest } from './manifest/resolve-manifest.js';

/** What this state reaches. */
type PreparePorts = Pick<Ports, 'work' | 'inventory' | 'pair' | 'executions' | 'failures'>;

export interface PrepareRunAnswer {
  run: {
    id: string;
    /** Where the run's files are in the work bucket, with a closing slash. */
    prefix: string;
    dryRun: boolean;
    engine: RunRequest['engine'];
    maxConcurrency: number;
    /** Where the files of the listing that the run makes are, with a closing slash; empty where it reads a manifest. */
    listing: string;
  };
  /** Inventory files to index; of a listing that is not known yet. */
  files: number;
  /** The round of the listing to begin with; 0 where there is nothing to list. */
  round: number;
}

/**
 * State PrepareRun: checks the request, takes the pair's lock, checks the manifest, shows that the source can be read and the
 * destination written, and writes `request.json` and `files.jsonl`, or the first round of a listing. Every refusal is a BackfillError, before anything is written to the destination.
 */
export async function prepareRun(
  ports: PreparePorts,
  input: { runId: string; executionArn: string; startTime: string; input?: unknown; pair: DeployedPair },
  pieceBytes?: number,
): Promise<PrepareRunAnswer> {
  const { runId, executionArn } = input;
  const { name: pairName, bounds: all } = input.pair;
  const request = parseRequest(input.input, all, ports.work.bucket);
  const bounds = all && boundsTo(request.destination.bucket, all);
  const { replaced } = await takePairLock(ports, pairName, { executionArn, runId });
  // Uploads that the last run left under way go on. Its last workers may outlive it by minutes: ReportRun looks once more.
  if (replaced !== undefined && replaced !== runId) await inheritUploads(ports, replaced, { id: runId, request });
  const inventoryAt = (bucket: string) => addressOf(bucket, bounds?.inventory);
  const startedAt = Date.parse(input.startTime);
  const asking = { id: runId, pair: pairName, startedAt };
  const { manifest, files } = await resolveManifest(ports, request, inventoryAt, asking, pieceBytes);
  const buckets = {
    source: sideOf(request.source.bucket, bounds?.source),
    destination: sideOf(request.destination.bucket, bounds?.destination),
    inventory: inventoryAt(manifest.bucket),
  };
  const pair = ports.pair(buckets.source, buckets.destination);
  await probeSides(pair, request);
  if (asOfOf(request) !== undefined) await expectHistory(pair, request);
  if (request.versions === 'all' && request.engine !== 'none') await expectVersioning(pair, request);
  if (request.engine === 'batch-replication') await expectReplicable(pair, request);

  const run: Run = {
    id: runId,
    pair: pairName,
    executionArn,
    startedAt,
    request,
    ...(request.stopAfter === undefined ? {} : { stopAt: nextTimeOfDay(request.stopAfter, startedAt) }),
    scope: scopeOf(request, bounds),
    isBound: bounds !== undefined,
    ...(bounds === all ? {} : { isElsewhere: true }),
    ...(bounds?.copy?.engine === 'none' ? { isReadOnly: true } : {}),
    buckets,
    manifest,
    opaqueByDefault: await pair.opaqueByDefault(),
    sourceIsWebsite: await pair.sourceIsWebsite(),
    isInPlace: pair.isInPlace,
    ...(replaced === undefined ? {} : { replaced }),
    provenBy: await provenBy(ports, pairName),
  };
  await claimFolder(ports, run);
  const paths = runFiles(runId);
  const answer = {
    id: runId,
    prefix: paths.root,
    dryRun: request.dryRun,
    engine: request.engine,
    maxConcurrency: workersOf(request),
  };
  if (manifest.kind === 'list')
    return { run: { ...answer, listing: manifest.folder }, files: 0, round: await beginListing(ports, run) };
  await writeLines(ports.work, paths.files, files);
  return { run: { ...answer, listing: '' }, files: files.length, round: 0 };
}

/** Without versioning nothing tells what was there before. Suspended, it keeps what it has kept. */
async function expectHistory(pair: BucketPair, { source }: RunRequest): Promise<void> {
  if ((await pair.sourceVersioning()) !== 'Off') return;
  throw new BackfillError(
    'SourceUnversioned',
    `manifest.asOf expects s3://${source.bucket} to have versioning, and it never had: nothing tells what was there at an earlier time. Leave asOf out for what is there now.`,
  );
}

/** Without versioning each version would replace the one before it. */
async function expectVersioning(pair: BucketPair, { destination }: RunRequest): Promise<void> {
  const versioning = await pair.destinationVersioning();
  if (versioning === 'Enabled') return;
  throw new BackfillError(
    'DestinationUnversioned',
    `versions: "all" expects versioning of s3://${destination.bucket} to be enabled; it is ${versioning === 'Off' ? 'off' : 'suspended'}. Enable it, or copy the current versions only.`,
  );
}

/** What the pair knows of a bucket in this place: its Region, whose it must be, and by which keys. Manifests of ours lie in another one. */
function addressOf(bucket: string, known: ReachedAddress | undefined): ReachedAddress {
  if (known?.bucket !== bucket) return { bucket };
  const { region, account, credentialsSecretArn, endpoint } = known;
  return {
    bucket,
    ...(region === undefined ? {} : { region }),
    ...(account === undefined ? {} : { account }),
    ...(credentialsSecretArn === undefined ? {} : { credentialsSecretArn }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** The same of a side, with the role by which it is reached. */
function sideOf(bucket: string, known: SideAddress | undefined): SideAddress {
  const address = addressOf(bucket, known);
  if (known?.bucket !== bucket || known.roleArn === undefined) return address;
  return { ...address, roleArn: known.roleArn, externalId: known.externalId };
}

/**
 * Writes `request.json` where no other execution has: files of an earlier run under this name would pass for this one's.
 * A name may come back after 90 days or on a new state machine, so only ARN and start time together are the same execution.
 */
async function claimFolder(ports: PreparePorts, run: Run): Promise<void> {
  const key = runFiles(run.id).request;
  if (await ports.work.writeIf(key, `${JSON.stringify(run, null, 2)}\n`, undefined)) return;
  const { executionArn, startedAt } = await readRun(ports, run.id);
  if (executionArn === run.executionArn && startedAt === run.startedAt) return;
  throw new BackfillError(
    'RunExists',
    `s3://${ports.work.bucket}/${runFiles(run.id).root} holds the files of an earlier run of the same name, ${executionArn} of ${new Date(startedAt).toISOString()}. Start again under another name.`,
  );
}
