/** A Lambda handler for the messages of a queue, which does what each message's body says. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The numbers are of receives: up to so many, it does so. */
export interface QueueOrder {
  name?: string;
  failUntil?: number;
  throwUntil?: number;
  hangUntil?: number;
  /** Answered as it is; `$id` stands for the message's id. */
  answer?: unknown;
  /** Prints the whole record. */
  show?: boolean;
}

interface SqsRecord {
  messageId: string;
  body: string;
  attributes: { ApproximateReceiveCount: string };
}

export const handler = async ({ Records }: { Records: SqsRecord[] }): Promise<unknown> => {
  const failed: string[] = [];
  let answer: { given: unknown } | undefined;
  for (const record of Records) {
    const order = orderOf(record.body);
    const count = Number(record.attributes.ApproximateReceiveCount);
    console.log(JSON.stringify({ name: order.name, count, of: Records.length, ...(order.show && { record }) }));
    if (count <= (order.hangUntil ?? 0)) await sleep(3_600_000);
    if (count <= (order.throwUntil ?? 0)) throw new Error('as it was told');
    if (count <= (order.failUntil ?? 0)) failed.push(record.messageId);
    if (order.answer !== undefined && count === 1)
      answer = { given: JSON.parse(JSON.stringify(order.answer).replaceAll('$id', record.messageId)) };
  }
  return answer ? answer.given : { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
};

/** An event of S3 names its key; it is what the message is called. */
function orderOf(body: string): QueueOrder {
  const order = JSON.parse(body) as QueueOrder & { detail?: { object: { key: string } } };
  return order.detail ? { name: order.detail.object.key, show: order.show ?? false } : order;
}
