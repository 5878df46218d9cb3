import { randomUUID } from 'node:crypto';
import type { EventsState } from '../events-state.js';
import { invalid } from '../events-error.js';
import { type Members, asMembers, checkBus, constraint, listOf, refuseOthers, textOf } from './request.js';

/**
 * Takes events of somebody's own; each entry is answered by itself.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function putEvents(state: EventsState, members: Members): object {
  refuseOthers(members, ['Entries']);
  const entries = listOf(members, 'Entries').map((each) => asMembers(each, 'an entry'));
  if (entries.length === 0) throw constraint('Entries', 'Member must have length greater than or equal to 1');
  if (entries.length > MAX_ENTRIES)
    throw constraint('Entries', `Member must have length less than or equal to ${MAX_ENTRIES}`);
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size > MAX_BYTES) throw invalid('Total size of the entries in the request is over the limit.');
  const results = entries.map((entry) => put(state, entry));
  return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
}

type Result = { EventId: string } | { ErrorCode: string; ErrorMessage: string };

function put(state: EventsState, entry: Members): Result {
  refuseOthers(entry, ['Source', 'DetailType', 'Detail', 'Resources', 'Time', 'EventBusName', 'TraceHeader']);
  checkBus(entry, state.accountId);
  const [source, detailType, text] = ['Source', 'DetailType', 'Detail'].map((name) => textOf(entry, name));
  for (const [name, value] of Object.entries({ Source: source, DetailType: detailType, Detail: text }))
    if (value === undefined || value === '')
      return failed('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  if (/^aws\./i.test(source ?? '') || source?.toLowerCase() === 'aws')
    return failed('NotAuthorizedForSourceException', 'Not authorized for the source.');
  const detail = objectIn(text ?? '');
  if (!detail) return failed('MalformedDetail', 'Detail is malformed.');
  const { Resources: resources = [], Time: time } = entry;
  const id = randomUUID();
  state.accept({
    version: '0',
    id,
    'detail-type': detailType ?? '',
    source: source ?? '',
    account: state.accountId,
    time: wholeTime(typeof time === 'number' ? time * 1000 : state.now()),
    region: state.region,
    resources: Array.isArray(resources) ? resources.map(String) : [],
    detail,
  });
  return { EventId: id };
}

/** `2026-11-26T10:00:00Z`: events have no fraction of a second. */
export const wholeTime = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

const failed = (code: string, message: string): Result => ({ ErrorCode: code, ErrorMessage: message });

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf(entry: Members): number {
  const resources = Array.isArray(entry['Resources']) ? entry['Resources'] : [];
  const texts = [entry['Source'], entry['DetailType'], entry['Detail'], ...resources];
  const time = entry['Time'] === undefined ? 0 : 14;
  return texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0), time);
}

const MAX_ENTRIES = 10;
/** Of all entries together. */
const MAX_BYTES = 1_048_576;
