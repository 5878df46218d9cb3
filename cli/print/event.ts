import type { HistoryEvent } from '../../adapters/step-functions/run-client.js';
import { causeSentence } from './cause.js';
import { duration } from './duration.js';

/** An event of a history on one line: when, what, of which state, and why where it failed. @param startedAt milliseconds since the epoch */
export function eventLine(event: HistoryEvent, startedAt: number): string {
  const details = detailsOf(event);
  const words = [
    String(event.id ?? '').padStart(4),
    duration(Number(event.timestamp) - startedAt).padStart(11),
    ` ${event.type ?? ''}`,
  ];
  const name = details['name'] ?? labelOf(details['mapRunArn']);
  if (name !== undefined) words.push(name);
  const why = [details['error'], causeSentence(details['cause'])].filter(Boolean).join(': ');
  return why === '' ? words.join(' ') : `${words.join(' ')}: ${why}`;
}

/** Each type of event has its details in a member of its own. */
function detailsOf(event: HistoryEvent): Record<string, string | undefined> {
  const entry = Object.entries(event).find(([name, value]) => name.endsWith('EventDetails') && value !== undefined);
  return (entry?.[1] ?? {}) as Record<string, string | undefined>;
}

/** The Map that a Map Run belongs to. */
function labelOf(mapRunArn: string | undefined): string | undefined {
  return mapRunArn && /\/([^/:]+):[^:]+$/.exec(mapRunArn)?.[1];
}
