import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';

type Kind = 'Version' | 'DeleteMarker';
/** The rest of the SDK's way, down to the answer. */
type Next = (args: unknown) => Promise<{ response: { body: Readable } }>;

/**
 * S3 lists versions and delete markers of a key in the order in which they came to be; the SDK parts them into two lists, and
 * their times, whole seconds, do not tell how they were mixed. The document does: here it is read for the order of its
 * elements alone. @returns `kinds`: that order, once the command was answered
 */
export function withKindsInOrder(command: ListObjectVersionsCommand): {
  command: ListObjectVersionsCommand;
  kinds: () => Kind[];
} {
  let kinds: Kind[] = [];
  (command.middlewareStack as S3Client['middlewareStack']).addRelativeTo(
    ((next: Next) => async (args: unknown) => {
      const result = await next(args);
      const { response } = result;
      const document = await buffer(response.body);
      // Keys are encoded, so that none of them holds an angle bracket.
      kinds = Array.from(document.toString('utf8').matchAll(/<(Version|DeleteMarker)>/g), ([, kind]) => kind as Kind);
      response.body = Readable.from([document]);
      return result;
    }) as never,
    { relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'versionsInOrder' },
  );
  return { command, kinds: () => kinds };
}
