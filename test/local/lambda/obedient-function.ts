/** A Lambda handler that does what its event says. */
import { setTimeout as sleep } from 'node:timers/promises';

interface Order {
  do?: string;
  code?: number;
  bytes?: number;
  say?: string;
}

interface Context {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

let invocations = 0;
const kept: unknown[] = [];

class OutOfCheese extends Error {
  override name = 'OutOfCheese';
}

export const handler = async (order: Order, context: Context): Promise<unknown> => {
  invocations += 1;
  switch (order.do ?? 'echo') {
    case 'count':
      return invocations;
    case 'describe':
      return { context, remaining: context.getRemainingTimeInMillis(), environment: { ...process.env } };
    case 'import':
      return (await import('node:path')).posix.join('a', '..', 'b');
    case 'throw':
      throw new OutOfCheese('no cheddar left');
    case 'throwText':
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- what a careless handler does
      throw 'just text';
    case 'throwLater':
      setTimeout(() => {
        throw new TypeError('nobody catches this');
      }, 1);
      return sleep(60_000);
    case 'rejectUnseen':
      void Promise.reject(new Error('nobody awaits this'));
      return sleep(60_000);
    case 'exit':
      return process.exit(order.code);
    case 'hang':
      return sleep(60_000);
    case 'spin':
      for (;;);
    case 'say':
      console.log('%s, world', order.say);
      process.stdout.write(`plain ${order.say}\nand unfinished`);
      return null;
    case 'nothing':
      return undefined;
    case 'circle': {
      const circle: { again?: unknown } = {};
      circle.again = circle;
      return circle;
    }
    case 'fill':
      return 'x'.repeat(order.bytes ?? 0);
    case 'hold':
      kept.push(Buffer.alloc(order.bytes ?? 0, 1));
      return kept.length;
    case 'hoard':
      for (;;) {
        kept.push(Buffer.alloc(4_000_000, 1));
        await sleep(1);
      }
    case 'hoardObjects':
      for (;;) kept.push({ at: Math.random(), of: [1, 2, 3] });
    default:
      return order;
  }
};

export const oldFashioned = (
  _event: unknown,
  _context: unknown,
  callback: (error: null, answer: string) => void,
): void => {
  callback(null, 'done');
};
