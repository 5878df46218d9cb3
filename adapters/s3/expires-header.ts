import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Gives a write the header `Expires` in its source's own words. S3 keeps whatever it was given; the SDK takes a date, which
 * not every source has there.
 */
export function withExpires<Command extends { middlewareStack: object }>(
  command: Command,
  expires: string | undefined,
): Command {
  if (expires === undefined) return command;
  (command.middlewareStack as S3Client['middlewareStack']).add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['expires'] = expires;
      return next(args);
    },
    { step: 'build', name: 'expiresInItsOwnWords' },
  );
  return command;
}
