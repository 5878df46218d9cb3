import type { IncomingMessage } from 'node:http';
import { route } from '../../local/s3/router.js';
import type { Storage } from '../core/support/storage.js';

/** A request as it came to S3. */
export interface SentRequest {
  /** `GetObject` */
  operation: string;
  headers: IncomingMessage['headers'];
}

/** Does something; answers each request that S3 was sent meanwhile. */
export async function watchRequests(storage: Storage, use: () => Promise<unknown>): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  const stop = storage.onRequest((request) => sent.push(described(request)));
  try {
    await use();
  } finally {
    stop();
  }
  return sent;
}

function described({ method = '', url = '', headers }: IncomingMessage): SentRequest {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucketName = '', ...rest] = pathname.split('/');
  const routed = route(method, { bucketName, key: rest.join('/') }, new Map(searchParams), headers);
  return { operation: routed.kind === 'operation' ? routed.name : routed.kind, headers };
}
