import type { S3Client } from '@aws-sdk/client-s3';

/** A request as it leaves an SDK client. */
export interface SentRequest {
  /** `GetObject` */
  operation: string;
  headers: Record<string, string>;
}

/** Does something with a client; answers what it did, and each request that the client sent meanwhile. */
export async function watchRequests(client: S3Client, use: () => Promise<unknown>): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      sent.push({ operation: (context.commandName ?? '').replace(/Command$/, ''), headers });
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'watchRequests' },
  );
  try {
    await use();
  } finally {
    client.middlewareStack.remove('watchRequests');
  }
  return sent;
}
