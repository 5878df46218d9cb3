import { SqsError } from '../sqs-error.js';
import { type Members, asMembers, requiredText } from './request.js';

/** One of a batch: what it came to is said of each by itself. */
export interface Entry {
  id: string;
  members: Members;
}

/** @throws SqsError where the batch is refused as a whole */
export function readEntries(members: Members): Entry[] {
  const given = members['Entries'];
  if (!Array.isArray(given) || given.length === 0)
    throw new SqsError(
      'EmptyBatchRequest',
      'There should be at least one SendMessageBatchRequestEntry in the request.',
    );
  if (given.length > MAX_ENTRIES)
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${given.length}.`,
    );
  const entries = given.map((each) => {
    const entry = asMembers(each, 'an entry');
    return { id: requiredText(entry, 'Id'), members: entry };
  });
  if (entries.some(({ id }) => !/^[\w-]{1,80}$/.test(id)))
    throw new SqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  const twice = entries.find(({ id }, index) => entries.findIndex((each) => each.id === id) < index);
  if (twice) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${twice.id} repeated.`);
  return entries;
}

/** Does each entry by itself. */
export function answerEach(entries: readonly Entry[], act: (members: Members) => object): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const { id, members } of entries) {
    try {
      successful.push({ Id: id, ...act(members) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      failed.push({ Id: id, SenderFault: true, Code: error.queryError.split(';')[0], Message: error.message });
    }
  }
  return { Successful: successful, ...(failed.length > 0 && { Failed: failed }) };
}

const MAX_ENTRIES = 10;
