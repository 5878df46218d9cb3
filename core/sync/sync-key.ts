import type { Intent, Side, SyncOutcome, SyncRecord } from '../../contracts/live.js';
import type { Row } from '../../contracts/row.js';
import { causeOf } from '../copy/cause.js';
import type { CopyTools } from '../copy/copy-row.js';
import { putVersion } from '../copy/put-version.js';
import { StorageError } from '../errors.js';
import type { Clock, ObjectHead, SyncRecords } from '../ports.js';
import { decide, otherThan, type Asked, type Decision, type Rules, type Sight, type Synced } from './decide.js';
import { isFoundWritten, MOST_SUPERSEDED, resolveIntents } from './intents.js';
import { bareRow } from './live-place.js';
import { expiryOf, pkOf } from './record.js';
import { carriedOf, isSeen, seenOf, together, versionOf } from './seen.js';

/** A delivery of a message: a later one of the same message shows that the worker of this one has ended. */
export type Delivery = NonNullable<Intent['message']>;

export interface KeyToSync {
  /** On each side. */
  keys: Readonly<Record<Side, string>>;
  asked: Asked;
  /** Of the messages that speak of it; none where a person does. */
  deliveries: readonly Delivery[];
}

export interface SyncTools {
  records: SyncRecords;
  clock: Pick<Clock, 'now'>;
  rules: Rules;
  /** What copies to each side. */
  to: Readonly<Record<Side, CopyTools>>;
  /** Whether the pair's filters leave out this object, under its key at the source. */
  isFiltered: (key: string, head: ObjectHead) => boolean;
  /** When this worker has ended at the latest, milliseconds since the epoch. */
  until: number;
}

export type KeyEnd =
  | { kind: 'settled'; outcome: SyncOutcome; to?: Side; bytes?: number; before?: SyncRecord }
  /** To be looked at again: nothing is wrong with it. */
  | { kind: 'later'; why: 'busy' | 'throttled' | 'unfinished' | 'changing' }
  | { kind: 'failed'; cause: string; message: string };

/** How often both sides are looked at before others go first. */
const MOST_LOOKS = 5;

/**
 * Brings a key of both sides together: looks at both as they are now, decides, and writes what is to be written, pinned on
 * both sides. What it means to write is on file before, and that it was written after: whoever comes upon a key whose worker
 * ended in between finds out what became of it. One worker has a key at a time; where two have it all the same, the pins
 * let one of them write.
 */
export async function syncKey(tools: SyncTools, item: KeyToSync): Promise<KeyEnd> {
  const pk = pkOf(item.keys.source);
  let mine: SyncRecord | undefined;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const record = await findUnlessThrottled(tools.records, pk);
    if (record === 'throttled') return laterFor(tools, pk, mine, 'throttled');
    const isMine = mine?.intent !== undefined && isSame(record?.intent, mine.intent);
    if (record?.intent && !isMine && isHeld(record.intent, item.deliveries, tools.clock.now()))
      return { kind: 'later', why: 'busy' };
    const end = await new Look(tools, item, record ?? { pk, revision: 0, expiresAt: 0 }, isMine).settle();
    if (end.kind === 'later') return laterFor(tools, pk, mine, end.why);
    if (end.kind !== 'again') return end;
    mine = end.mine;
  }
  return laterFor(tools, pk, mine, 'changing');
}

/** Where nothing was begun yet, a table that is throttled is no failure of the key. */
async function findUnlessThrottled(records: SyncRecords, pk: string): Promise<SyncRecord | undefined | 'throttled'> {
  try {
    return await records.find(pk);
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'throttled') return 'throttled';
    throw error;
  }
}

type Later = Extract<KeyEnd, { kind: 'later' }>;

/** Who comes later is another worker: what this one has still on file as its own holds nobody up. */
async function laterFor(
  { records, clock }: SyncTools,
  pk: string,
  mine: SyncRecord | undefined,
  why: Later['why'],
): Promise<Later> {
  if (mine?.intent) await release(records, pk, mine.intent, clock.now());
  return { kind: 'later', why };
}

async function release(records: SyncRecords, pk: string, intent: Intent, now: number): Promise<void> {
  for (;;) {
    const record = await records.find(pk);
    if (!record || !isSame(record.intent, intent)) return;
    if (await records.putIf({ ...record, revision: record.revision + 1, intent: released(intent, now) })) return;
  }
}

function isHeld({ until, message }: Intent, deliveries: readonly Delivery[], now: number): boolean {
  if (until <= now) return false;
  return !deliveries.some(({ id, receive }) => id === message?.id && receive > message.receive);
}

function released(intent: Intent, now: number): Intent {
  const { message: _, ...rest } = intent;
  return { ...rest, until: now };
}

/** Of one look: something changed meanwhile, or another worker was first. */
interface Again {
  kind: 'again';
  mine: SyncRecord | undefined;
}

/** One look at both sides, and what comes of it. */
class Look {
  constructor(
    private readonly tools: SyncTools,
    private readonly item: KeyToSync,
    /** As it was found; revision 0 where there was none. */
    private readonly record: SyncRecord,
    /** Whether its intent is this worker's own. */
    private readonly isMine: boolean,
  ) {}

  /** Of the record: what was written, or cannot be any more. */
  #over: readonly Intent[] = [];

  async settle(): Promise<KeyEnd | Again> {
    const asked = this.#asked();
    const sight = await this.#look();
    if ('kind' in sight) return sight;
    const { intent, superseded = [] } = this.record;
    const synced = resolveIntents(intent, superseded, sight, this.record.synced);
    const now = this.tools.clock.now();
    const others = intent && !this.isMine ? [intent, ...superseded] : superseded;
    this.#over = others.filter((each) => each.until <= now || isFoundWritten(each, sight, this.record.synced));
    const decision = decide(sight, synced, asked, this.tools.rules);
    if (intent?.isUnfinished && !(decision.kind === 'copy' && decision.to === intent.to)) await this.#giveUp(intent);
    if (decision.kind === 'none' && decision.outcome === 'gone' && this.#isToBeDeleted(asked))
      return { kind: 'later', why: 'busy' };
    if (decision.kind === 'none') return this.#leave(sight, synced, decision.outcome);
    const moved = decision.kind === 'copy' ? sight[otherThan(decision.to)] : sight[decision.to];
    // What we brought over ourselves was in scope.
    const isKnown = decision.kind === 'delete' && synced !== undefined;
    if (moved && !isKnown && this.tools.isFiltered(this.item.keys.source, moved))
      return this.#leave(sight, synced, 'filtered');
    return this.#write(sight, synced, decision);
  }

  /** What was deleted may still be copied, by a run that read it before. */
  #isToBeDeleted({ deletedAt }: Asked): boolean {
    const { superseded = [] } = this.record;
    const isStillToCome = superseded.some((each) => !this.#over.includes(each));
    return this.tools.rules.propagateDeletes && deletedAt !== undefined && isStillToCome;
  }

  /** A deletion that failed is not forgotten: who redrives it says only which key it was. */
  #asked(): Asked {
    const { asked } = this.item;
    const { deleted } = this.record.failure ?? {};
    return asked.deletedAt === undefined && deleted?.from === asked.from ? { ...asked, deletedAt: deleted.at } : asked;
  }

  async #look(): Promise<Sight | KeyEnd> {
    const { pair, pace } = this.tools.to.destination;
    const { keys } = this.item;
    try {
      const [source, destination] = await Promise.all([
        pace.patiently(() => pair.headSource(keys.source), 'source'),
        pace.patiently(() => pair.headDestination(keys.destination)),
      ]);
      return { source, destination };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.kind === 'throttled') return { kind: 'later', why: 'throttled' };
      const failure = causeOf(error);
      await this.#putHeld({ intent: this.record.intent, failure: { ...failure, ...this.#reported() } });
      return { kind: 'failed', ...failure };
    }
  }

  /** Nothing is to be written. What is on file is brought up to date where that tells more than what is there. */
  async #leave(sight: Sight, synced: Synced | undefined, outcome: SyncOutcome): Promise<KeyEnd | Again> {
    const { record, tools } = this;
    const isTogether = outcome === 'identical' || (outcome === 'gone' && !sight.source && !sight.destination);
    const isOnFile =
      record.synced !== undefined &&
      isSeen(sight.source, record.synced.source) &&
      isSeen(sight.destination, record.synced.destination);
    const isWorthIt = (tools.rules.direction === 'both' && outcome === 'identical') || record.revision > 0;
    const isToWrite =
      record.intent !== undefined ||
      record.failure !== undefined ||
      this.#over.length > 0 ||
      (isTogether && !isOnFile && isWorthIt);
    if (isToWrite) {
      const now = isTogether ? { source: seenOf(sight.source), destination: seenOf(sight.destination) } : synced;
      if (!(await this.#put({ synced: now }))) return { kind: 'again', mine: this.isMine ? this.record : undefined };
    }
    return { kind: 'settled', outcome, before: record };
  }

  async #write(sight: Sight, synced: Synced | undefined, decision: Exclude<Decision, { kind: 'none' }>) {
    const { to } = decision;
    const from = otherThan(to);
    const head = sight[from];
    const now = this.tools.clock.now();
    const [message] = this.item.deliveries;
    const intent: Intent = {
      to,
      of: decision.kind === 'copy' && head ? carriedOf(head) : 'gone',
      over: seenOf(sight[to]),
      at: begunAt(this.record.intent, to) ?? now,
      until: this.tools.until,
      ...(message === undefined ? {} : { message }),
    };
    const mine = await this.#put({ synced, intent });
    if (!mine) return { kind: 'again', mine: this.isMine ? this.record : undefined } as const;
    const held = new Look(this.tools, this.item, mine, true);
    const answer = await putVersion(this.tools.to[to], {
      row:
        decision.kind === 'copy' && head
          ? rowOf(head)
          : bareRow({ key: this.item.keys[from], size: 0, isDeleteMarker: true }),
      index: 0,
      destinationKey: this.item.keys[to],
      listed: undefined,
      ...(head ? { head } : {}),
      onTop: { etag: sight[to]?.etag },
    });
    if (answer === 'changed') return { kind: 'again', mine } as const;
    switch (answer.kind) {
      // Gone between the look and the copy.
      case 'gone':
        return { kind: 'again', mine } as const;
      case 'sent': {
        const there =
          decision.kind === 'delete' ? 'gone' : { etag: answer.etag, ...versionOf({ versionId: answer.version }) };
        const here = answer.source === undefined ? seenOf(head) : { etag: answer.source };
        // Held to have ended, and another worker came: it has to be looked at once more.
        const record = await held.#putHeld({ synced: together(to, there, here) });
        // What a run read before it was deleted may still come: then it is looked at once more.
        if (!record || (decision.kind === 'delete' && record.superseded))
          return { kind: 'later', why: 'busy' } as const;
        return {
          kind: 'settled',
          outcome: decision.kind === 'copy' ? 'copied' : 'deleted',
          to,
          bytes: answer.size,
          before: this.record,
        } as const;
      }
      case 'queued':
        throw new Error('Expected a copy: a live copy starts no jobs of S3 Batch Replication.');
      case 'archived':
      case 'restoring':
      case 'identical':
        await held.#putHeld({ synced });
        return { kind: 'settled', outcome: answer.kind, before: this.record } as const;
      case 'unfinished': {
        const isInParts = answer.upload !== undefined;
        await held.#putHeld({
          synced,
          intent: { ...released(intent, this.tools.clock.now()), ...(isInParts ? { isUnfinished: true } : {}) },
        });
        return { kind: 'later', why: isInParts ? 'unfinished' : 'throttled' } as const;
      }
      case 'failed': {
        const { cause, message: words } = answer;
        const { deleted, ...reported } = this.#reported();
        const failure = {
          cause,
          message: words,
          ...(head ? { size: head.size } : {}),
          ...reported,
          // What is there again is no deletion any more.
          ...(decision.kind === 'delete' && deleted ? { deleted } : {}),
        };
        // An answer that was lost may have been a good one.
        await held.#putHeld({ synced, intent: released(intent, this.tools.clock.now()), failure });
        return { kind: 'failed', cause, message: words } as const;
      }
    }
  }

  /** Of a failure: the failure table has it already, should it have failed before; and that it was of a deletion. */
  #reported(): Pick<NonNullable<SyncRecord['failure']>, 'run' | 'deleted'> {
    const run = this.record.failure?.run;
    const { from, deletedAt } = this.#asked();
    return {
      ...(run === undefined ? {} : { run }),
      ...(deletedAt === undefined ? {} : { deleted: { from, at: deletedAt } }),
    };
  }

  /** Parts that were sent, of what is not to be sent any more. */
  async #giveUp({ to }: Intent): Promise<void> {
    const { pair, pace, uploads } = this.tools.to[to];
    const key = this.item.keys[to];
    const begun = await uploads.find(key);
    if (!begun) return;
    await pace.write({ key, usesKms: false }, () => pair.abortUpload(key, begun.id));
    await uploads.drop(key);
  }

  /** What is not named is not on file any more, but for what both sides had. Answers it where nobody else wrote meanwhile. */
  async #put(changes: Changes): Promise<SyncRecord | undefined> {
    const next = this.#next(this.record, changes);
    return (await this.tools.records.putIf(next)) ? next : undefined;
  }

  /** The same of what holds whatever a run has announced meanwhile: what came of a write. */
  async #putHeld(changes: Changes): Promise<SyncRecord | undefined> {
    const { records } = this.tools;
    let before: SyncRecord | undefined = this.record;
    do {
      const next = this.#next(before, changes);
      if (await records.putIf(next)) return next;
      before = this.isMine ? await records.find(this.record.pk) : undefined;
    } while (before && isSame(before.intent, this.record.intent));
    return undefined;
  }

  #next({ pk, revision, synced, intent, superseded = [] }: SyncRecord, changes: Changes): SyncRecord {
    const isOver = (each: Intent) => this.#over.some((one) => isSame(one, each));
    const isTakenOver = intent && !this.isMine && intent !== changes.intent;
    const mayStillCome = [...(isTakenOver ? [intent] : []), ...superseded].filter((each) => !isOver(each));
    return {
      pk,
      revision: revision + 1,
      ...(synced === undefined ? {} : { synced }),
      ...(mayStillCome.length === 0 ? {} : { superseded: mayStillCome.slice(0, MOST_SUPERSEDED) }),
      ...defined(changes),
      expiresAt: expiryOf(this.tools.clock.now()),
    };
  }
}

type Changes = Partial<Pick<SyncRecord, 'synced' | 'intent' | 'failure'>>;

/** Of one worker, about one key. */
function isSame(a: Intent | undefined, b: Intent | undefined): boolean {
  if (!a || !b) return a === b;
  const isOfOneDelivery = a.message?.id === b.message?.id && a.message?.receive === b.message?.receive;
  return a.to === b.to && a.at === b.at && a.until === b.until && isOfOneDelivery;
}

function defined<T extends object>(of: T): T {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;
}

function rowOf({ key, size, etag, lastModified, storageClass }: ObjectHead): Row {
  return bareRow({ key, size, etag, lastModified, storageClass });
}

/** What goes on in parts was begun when its first part was sent: that is the time that S3 gives it. */
function begunAt(intent: Intent | undefined, to: Side): number | undefined {
  return intent?.isUnfinished && intent.to === to ? intent.at : undefined;
}
