import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a person with a browser (or curl) asks for. */
export interface Visit {
  method: string;
  /** `/`, or what follows `/.engine/`. */
  path: string;
}

export interface VisitAnswer {
  status: number;
  contentType: 'text/html; charset=utf-8' | 'text/plain; charset=utf-8' | 'application/json';
  body: string;
}

export type Visitors = (visit: Visit) => Promise<VisitAnswer>;

/** No bucket's name begins with a dot, so nothing of S3 is hidden by it. */
const OWN = '/.engine/';

/** Whether a request is a person's and not a client's of AWS: unsigned, and for our own paths, or for a page at `/`. */
export function isVisit({ method, url = '/', headers }: IncomingMessage): boolean {
  if (headers.authorization !== undefined) return false;
  if (url.startsWith(OWN)) return true;
  return (method === 'GET' || method === 'HEAD') && url === '/' && /\btext\/html\b/i.test(headers.accept ?? '');
}

/** Answers a visit. Pages of other sites may not make a browser send one that changes anything. */
export async function serveVisit(
  request: IncomingMessage,
  response: ServerResponse,
  visitors: Visitors,
): Promise<void> {
  request.resume();
  const { method = 'GET', url = '/', headers } = request;
  const isForeign = headers.origin !== undefined && headers.origin !== `http://${headers.host ?? ''}`;
  // A name that somebody else's DNS points here would let their page read the keys.
  const isOurs = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(headers.host ?? '');
  const answer: VisitAnswer =
    !isOurs || (isForeign && method !== 'GET' && method !== 'HEAD')
      ? { status: 403, contentType: 'text/plain; charset=utf-8', body: 'Another site may not do this.\n' }
      : await visitors({ method, path: url.startsWith(OWN) ? url.slice(OWN.length) : '/' });
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : answer.body);
}
