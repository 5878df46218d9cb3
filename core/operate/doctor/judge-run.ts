import { REMEDIES } from '../ended-run.js';
import { splitMessage } from '../verdict.js';
import type { Look, TriedRun } from './facts.js';
import { mayNotLook, note, ok, stop, type Finding } from './finding.js';

const LOCK = 'lock';
const RUN = 'run over nothing';

/** Whether a run would be refused since another works on the pair. */
export function judgeLock(holder: Look<string | undefined>): Finding {
  if (holder.kind === 'refused')
    return mayNotLook(LOCK, holder.code, 's3:GetObject on locks/ of the work bucket, and states:DescribeExecution');
  if (holder.value === undefined) return ok(LOCK, 'no run works on the pair');
  return note(
    LOCK,
    'no run on the pair',
    `${holder.value} works on it`,
    'A run that is started now is refused as PairBusy: wait, or stop it.',
  );
}

/**
 * What the pair's own roles came to, over a manifest that names nothing: PrepareRun read the source and began a write at
 * the destination under the real policies and keys. They read no inventory of S3 in it.
 */
export function judgeRun(tried: TriedRun): Finding {
  if (tried.kind === 'notStarted') return note(RUN, 'to try it as the roles of the pair', 'not tried', tried.why);
  const { run } = tried;
  if (run.status === 'SUCCEEDED')
    return ok(RUN, "as the pair's own roles: the source can be read and the destination written");
  const name = run.error ?? run.status;
  const { found, remedy } = splitMessage(run.message);
  const level = name === 'PairBusy' || name === 'ABORTED' ? note : stop;
  return level(
    RUN,
    "the source readable and the destination writable for the pair's own roles",
    found === '' ? name : `${name}: ${found}`,
    REMEDIES[name] ?? (remedy || `Look at it with \`s3-backfill history ${run.name}\`.`),
  );
}
