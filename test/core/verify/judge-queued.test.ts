import { describe, expect, it } from '@jest/globals';
import type { QueuedAttempt } from '../../../contracts/attempt.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { proofLine } from '../../../contracts/proof.js';
import { readAttempts } from '../../../core/copy/attempts.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { unpackText } from '../../../core/inventory/row-codec.js';
import { verifyChunk } from '../../../core/verify/verify-chunk.js';
import { writeEnd } from '../support/job-report.js';
import { putSource, runOf, writeChunk, writeRun } from '../support/rows.js';
import { DESTINATION, useStorage } from '../support/storage.js';

const storage = useStorage();
const WEEK_AGO = Date.now() - 7 * 86_400_000;

describe('CopyChunk of engine batch-replication', () => {
  it('queues what is missing by its version and what a HEAD shows of it, and writes nothing to the destination', async () => {
    const { rows, queue } = await prepare('queued');
    storage().s3.requests.reset();
    expect(await queue()).toEqual([
      {
        kind: 'queued',
        row: 0,
        // Of a bucket that never had versioning.
        versionId: 'null',
        etag: rows[0]?.etag,
        size: 'queued/a'.length,
        lastModified: expect.any(Number),
        etagKind: 'digest',
        checksums: [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: expect.any(String) }],
      },
      expect.objectContaining({ kind: 'queued', row: 1 }),
    ]);
    for (const operation of ['CopyObject', 'PutObject', 'CreateMultipartUpload'] as const)
      expect(storage().s3.requests.count({ operation, bucket: DESTINATION })).toBe(0);
  });

  it('does not queue what is larger than maxBytes, or beyond maxObjects', async () => {
    const large = await prepare('large', { maxBytes: 3 });
    expect(await large.queue()).toMatchObject([{ cause: 'LargerThanMaxBytes' }, { cause: 'LargerThanMaxBytes' }]);
    const many = await prepare('many', { maxObjects: 1 });
    expect(await many.queue()).toMatchObject([{ kind: 'queued', row: 0 }]);
    expect(await storage().ports.failures.stopCause('many')).toBe('maxObjects');
  });
});

describe('A queued row', () => {
  it('has arrived when the destination lists its ETag and size, and is copied by that evidence', async () => {
    const { queue, verify } = await prepare('arrived');
    await queue();
    for (const key of ['arrived/a', 'arrived/b']) storage().s3.putObject(DESTINATION, key, Buffer.from(key));
    await writeEnd(storage().ports.work, { runId: 'arrived', pass: 1 });
    expect(await verify()).toMatchObject({
      counts: { copied: 2, evidence: { etag: 2, copied: 0 }, bytesCopied: 18, owed: 0 },
      proofs: [],
    });
  });

  it('under KMS is proved by checksums of both sides, and the next runs go by them', async () => {
    const { queue, verify } = await prepare('sealed');
    await queue();
    for (const key of ['sealed/a', 'sealed/b'])
      storage().s3.putObject(DESTINATION, key, Buffer.from(key), { encryption: { kind: 'SSE-KMS' } });
    await writeEnd(storage().ports.work, { runId: 'sealed', pass: 1 });
    const answer = await verify();
    expect(answer).toMatchObject({ counts: { copied: 2, evidence: { checksum: 2 } }, proofs: [{ rows: 2 }] });
    const file = await storage().ports.work.read(answer.proofs[0]?.key ?? '');
    const [line = ''] = (await unpackText(file?.body ?? Buffer.alloc(0))).split('\n');
    expect(proofLine.parse(JSON.parse(line))).toMatchObject({ key: 'sealed/a', evidence: 'checksum' });
  });

  it.each<[string, object, object]>([
    ['that the job names no failure of', { status: 'Complete' }, { cause: 'NotReplicated' }],
    [
      'of a job that failed',
      { status: 'Failed', reasons: [{ code: 'ManifestNotFound', message: 'Gone.' }] },
      { cause: 'ManifestNotFound', message: expect.stringMatching(/ended as Failed before this object\. .*Gone\.$/) },
    ],
    ['of a job that was cancelled', { status: 'Cancelled' }, { cause: 'JobCancelled' }],
  ])('%s, and that did not arrive, is owed', async (title, end, expected) => {
    const runId = title.replaceAll(/\W/g, '-');
    const { queue, verify } = await prepare(runId);
    await queue();
    await writeEnd(storage().ports.work, { runId, pass: 1 }, end);
    storage().s3.putObject(DESTINATION, `${runId}/a`, Buffer.from('something else'));
    expect(await verify()).toMatchObject({ counts: { copied: 0, owed: 2 } });
    for (const failure of await storage().failures(runId)) expect(failure).toMatchObject(expected);
  });

  it('that came to no job was not attempted', async () => {
    const { queue, verify } = await prepare('no-job');
    await queue();
    expect(await verify()).toMatchObject({ counts: { owed: 2, causes: { NotAttempted: 2 } } });
  });
});

/** A chunk of two objects that the destination does not have. */
async function prepare(runId: string, request: Partial<RunRequestInput> = {}) {
  const { ports } = storage();
  await writeRun(storage(), runOf(runId, { engine: 'batch-replication', ...request }));
  const rows = ['a', 'b'].map((name) =>
    putSource(storage(), `${runId}/${name}`, `${runId}/${name}`, { lastModified: WEEK_AGO }),
  );
  const input = { runId, pass: 1, chunk: await writeChunk(storage(), runId, rows) };
  return {
    rows,
    queue: async () => {
      await copyChunk(ports, input, () => 600_000);
      const { byRow } = await readAttempts(ports.work, { ...input, chunk: input.chunk.id }, rows.length);
      return [...byRow.values()] as QueuedAttempt[];
    },
    verify: () => verifyChunk(ports, input),
  };
}
