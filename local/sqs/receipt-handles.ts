import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Handles of received messages, which nobody but this process makes. */
export class ReceiptHandles {
  readonly #key = randomBytes(32);
  #made = 0;

  /** A new one, for a message of a queue. */
  write(queueArn: string, messageId: string): string {
    this.#made += 1;
    const text = `${messageId} ${this.#made}`;
    return Buffer.from(`${text} ${this.#seal(queueArn, text)}`).toString('base64');
  }

  /** Whether a handle is one of this queue's. */
  isOf(queueArn: string, handle: string): boolean {
    const [id = '', number = '', seal = ''] = Buffer.from(handle, 'base64').toString().split(' ');
    const expected = this.#seal(queueArn, `${id} ${number}`);
    return seal.length === expected.length && timingSafeEqual(Buffer.from(seal), Buffer.from(expected));
  }

  #seal(queueArn: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${queueArn} ${text}`).digest('base64url');
  }
}
