import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/protocols';
import type { BucketSide } from '../bucket-side.js';
import type { WireAnswer } from './connections.js';
import type { WireRequest } from './wire.js';

/** Sends a command as the SDK does. */
type Send = S3Client['send'];

export interface Question<T> {
  /** Undefined where only the SDK can ask it. */
  request: WireRequest | undefined;
  /** Reads the one answer that is expected; undefined for any other. */
  read(answer: WireAnswer): T | undefined;
  /** The same question in the SDK's words. */
  bySdk(send: Send): Promise<T>;
}

/**
 * Asks over the wire. Whatever is not the answer that `read` expects, the SDK reads, out of the same bytes: errors, documents
 * in another form, redirects, which it follows. So it all ends as if the SDK had asked.
 */
export async function ask<T>({ wire, client }: BucketSide, question: Question<T>): Promise<T> {
  const answer = question.request && (await wire.ask(question.request));
  const result = answer && question.read(answer);
  if (result !== undefined) return result;
  const send = (command: Parameters<Send>[0]) => client.send(answer ? answered(command, answer) : command);
  return question.bySdk(send as Send);
}

/** A command that finds its first answer there already; should the SDK ask again, it asks the server. */
function answered(command: Parameters<Send>[0], { status, headers, body }: WireAnswer): Parameters<Send>[0] {
  let isGiven = false;
  command.middlewareStack.add(
    (next) => async (args) => {
      if (isGiven) return next(args);
      isGiven = true;
      return {
        response: new HttpResponse({ statusCode: status, headers: flat(headers), body: Readable.from([body]) }),
      };
    },
    { step: 'deserialize', priority: 'low', name: 'answered' },
  );
  return command;
}

/** What is there twice, as Node hands it to the SDK: of these the first, of any other all in one. */
function flat(headers: WireAnswer['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => {
      const [first = '', ...more] = [value].flat();
      return [name, FIRST_COUNTS.has(name) ? first : [first, ...more].join(', ')];
    }),
  );
}

/** Of those that Node names, the ones that an answer may have. */
const FIRST_COUNTS = new Set([
  'age',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);
