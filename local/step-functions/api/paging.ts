import type { Request } from './request.js';
import { ServiceError } from './service-error.js';

/**
 * One page of a list. A token holds where the next page begins, counted from the list's old end, which stays where it
 * is while new entries come.
 * @param entries oldest first.
 * @param order in which they are answered.
 */
export function page<T>(
  request: Request,
  entries: readonly T[],
  order: 'oldestFirst' | 'newestFirst',
): { items: T[]; nextToken?: string } {
  const limit = request.optionalNumber('maxResults', { min: 0, max: 1_000 }) || 100;
  const token = request.optionalString('nextToken', { max: 3_096 });
  const { length } = entries;
  if (order === 'oldestFirst') {
    const from = token === undefined ? 0 : position(token, length);
    const items = entries.slice(from, from + limit);
    return from + limit < length ? { items, nextToken: tokenOf(from + limit) } : { items };
  }
  const to = token === undefined ? length : position(token, length);
  const items = entries.slice(Math.max(0, to - limit), to).reverse();
  return to > limit ? { items, nextToken: tokenOf(to - limit) } : { items };
}

function tokenOf(position: number): string {
  return Buffer.from(JSON.stringify({ position })).toString('base64url');
}

function position(token: string, length: number): number {
  try {
    const { position } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { position: unknown };
    if (typeof position === 'number' && Number.isInteger(position) && position >= 0 && position <= length)
      return position;
  } catch {
    // Not a token of ours.
  }
  throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
}
