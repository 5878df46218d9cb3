import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Tokens that say where the next page of a query's result begins. Nobody but this process makes one. */
export class PageTokens {
  readonly #key = randomBytes(32);

  write(queryId: string, offset: number): string {
    return Buffer.from(`${offset}.${this.#seal(queryId, offset).toString('hex')}`).toString('base64');
  }

  /** @returns undefined where the token is none of this query's */
  read(token: string, queryId: string): number | undefined {
    const [text = '', seal = ''] = Buffer.from(token, 'base64').toString().split('.');
    const offset = Number(text);
    if (!/^\d{1,15}$/.test(text) || !/^[0-9a-f]{64}$/.test(seal)) return undefined;
    return timingSafeEqual(Buffer.from(seal, 'hex'), this.#seal(queryId, offset)) ? offset : undefined;
  }

  #seal(queryId: string, offset: number): Buffer {
    return createHmac('sha256', this.#key).update(`${queryId} ${offset}`).digest();
  }
}
