import type { QueuedAttempt } from '../../contracts/attempt.js';
import type { Chunk } from '../../contracts/chunk.js';
import { jobEnd, type JobEnd } from '../../contracts/replication-job.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { compare, type Comparison, type Known } from '../compare/compare.js';
import { Pace } from '../copy/pace.js';
import { listedSight } from '../copy/sides.js';
import { destinationKey } from '../keys.js';
import type { BucketPair, ObjectHead, ObjectState, Ports } from '../ports.js';
import { FailedTasks } from '../replicate/failed-tasks.js';
import { readJson, runFiles } from '../run-files.js';
import { requestsPerWorker } from '../workers.js';
import { notAttempted, type Judged, type Owed } from './judge.js';

type JudgePorts = Pick<Ports, 'work' | 'pair' | 'clock' | 'random' | 'retryDelayMs'>;

/** Judges rows that a job of S3 Batch Replication was given: by what the destination lists now, and else by the job's report. */
export class QueuedJudge {
  readonly #pair: BucketPair;
  readonly #pace: Pace;
  readonly #failed: FailedTasks;
  #end: Promise<JobEnd | undefined> | undefined;

  constructor(
    private readonly ports: JudgePorts,
    private readonly run: Run,
    private readonly place: { pass: number; chunk: Chunk },
    /** The cause that stopped the run, if one did. */
    private readonly stopCause: string | undefined,
  ) {
    this.#pair = ports.pair(run.buckets.source, run.buckets.destination);
    this.#pace = new Pace(ports, { perSecond: requestsPerWorker(run.request) });
    this.#failed = new FailedTasks(ports.work, { runId: run.id, pass: place.pass }, place.chunk);
  }

  async judge(row: Row, attempt: QueuedAttempt, listed: ObjectState | ObjectHead | undefined): Promise<Judged> {
    const { comparison, destination } = await this.#compare(row, attempt, listed);
    if (comparison.kind !== 'identical') return { row, verdict: await this.#owed(row, attempt, comparison) };
    const { evidence } = comparison;
    const verdict = { kind: 'copied', evidence, drift: attempt.drift ?? false, bytes: attempt.size } as const;
    // Checksums are looked at once: the next runs go by what they showed.
    const proof = { key: row.key, source: attempt.etag, destination: destination?.etag ?? '', evidence };
    return { row, verdict, proof: evidence === 'checksum' ? proof : undefined };
  }

  /** A replica keeps its source's ETag, but for one under KMS: that is looked at where the listing cannot tell. */
  async #compare(
    { key }: Row,
    attempt: QueuedAttempt,
    listed: ObjectState | ObjectHead | undefined,
  ): Promise<{ comparison: Comparison; destination: Known | undefined }> {
    let destination = listed && listedSight(listed, false);
    const isStrong = this.run.request.proof === 'strong';
    for (;;) {
      const comparison = compare({ source: attempt, destination, onFile: 'none', isStrong });
      if (comparison.kind !== 'ask') return { comparison, destination };
      const at = destinationKey(key, this.run.request);
      const head = await this.#pace.patiently(() => this.#pair.headDestination(at));
      destination = head && listedSight(head, false);
    }
  }

  /** Why it is not there, in the words of the report, of the job, or of what is known of replication. */
  async #owed(row: Row, { versionId }: QueuedAttempt, comparison: Comparison): Promise<Owed> {
    this.#end ??= this.#readEnd();
    const end = await this.#end;
    if (!end) return notAttempted(this.stopCause);
    const task = await this.#failed.find(row.key, versionId);
    if (task) {
      const { cause, message, status } = task;
      return { kind: 'owed', cause, message, status };
    }
    if (end.status !== 'Complete') {
      const [reason] = end.reasons;
      const why = reason ? `${reason.code}: ${reason.message}` : 'S3 gives no reason.';
      return {
        kind: 'owed',
        cause: reason?.code ?? `Job${end.status}`,
        message: `Job ${end.id} of S3 Batch Replication ended as ${end.status} before this object. ${why}`,
      };
    }
    if (comparison.kind === 'differs' && comparison.by === 'unproved')
      return { kind: 'owed', cause: 'Unproved', message: 'Nothing but size and time speaks for the replica.' };
    return {
      kind: 'owed',
      cause: 'NotReplicated',
      message: `Job ${end.id} of S3 Batch Replication names no failure of version ${versionId}, and the destination ${comparison.kind === 'missing' ? 'does not list it' : 'shows another object in its place'}.`,
    };
  }

  /** Undefined where the pass came to no job, or its end was not seen. */
  async #readEnd(): Promise<JobEnd | undefined> {
    const file = runFiles(this.run.id).jobEnd(this.place.pass);
    return (await this.ports.work.stat(file)) && readJson(this.ports.work, file, jobEnd);
  }
}
