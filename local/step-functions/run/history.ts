import { limits } from '../limits.js';
import type { ArchivedText, HistoryArchive } from './history-archive.js';
import { StateError } from './state-error.js';

/** One event as GetExecutionHistory answers it; its details stand under the one name that its type has there. */
export interface HistoryEvent {
  id: number;
  previousEventId: number;
  /** Seconds since the epoch, with milliseconds. */
  timestamp: number;
  type: string;
  [details: `${string}EventDetails`]: object;
}

/** Fails an execution whose history is full. Nothing catches it. */
export class HistoryFull extends StateError {
  constructor() {
    super('States.Runtime', `The execution reached the maximum number of history events (${limits.historyEvents}).`);
  }
}

/** The events of one execution, in order; ids count from 1. */
export class History {
  #events: HistoryEvent[] = [];
  #archived: { archive: HistoryArchive; text: ArchivedText } | undefined;

  constructor(private readonly now: () => number) {}

  /**
   * Adds an event and answers its id.
   * @param closing the execution's last event, for which room is always kept.
   * @throws HistoryFull when only the closing event still has room.
   */
  append(type: string, previousEventId: number, details?: object, closing = false): number {
    if (!closing && this.#events.length >= limits.historyEvents - 1) throw new HistoryFull();
    const id = this.#events.length + 1;
    const event: HistoryEvent = { id, previousEventId, timestamp: this.now() / 1_000, type };
    if (details) event[`${detailsOf(type)}EventDetails`] = details;
    this.#events.push(event);
    return id;
  }

  async read(): Promise<HistoryEvent[]> {
    if (!this.#archived) return this.#events;
    const { archive, text } = this.#archived;
    return JSON.parse(await archive.read(text)) as HistoryEvent[];
  }

  /** To be called when the execution has ended. */
  moveTo(archive: HistoryArchive): void {
    this.#archived = { archive, text: archive.store(JSON.stringify(this.#events)) };
    this.#events = [];
  }
}

/** `TaskStateEntered` and its likes share one name for their details; all others have their own. */
function detailsOf(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEntered';
  if (type.endsWith('StateExited')) return 'stateExited';
  return type.charAt(0).toLowerCase() + type.slice(1);
}

/** Nothing is ever cut: everything that is stored fits the service's limit. */
export const untruncated = { truncated: false } as const;
