import { LogFormatter, LogItem, Logger } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Place } from './place.js';

/**
 * Logs one line when an invocation ends, with where it belongs, and what it threw. Never an event or an answer: they hold
 * keys.
 */
export async function logged<Answer>(
  pair: string,
  place: Place & { requestId?: string | undefined },
  work: () => Promise<Answer>,
): Promise<Answer> {
  logger ??= createLogger(pair);
  logger.resetKeys();
  logger.appendKeys({ ...place });
  const began = performance.now();
  const milliseconds = () => Math.round(performance.now() - began);
  try {
    const answer = await work();
    logger.info('ended', { milliseconds: milliseconds() });
    return answer;
  } catch (error) {
    logger.error('failed', { error: error as Error, milliseconds: milliseconds() });
    throw error;
  }
}

/** Logs what went wrong in an invocation that goes on all the same. Within `logged`. */
export function logErrors(errors: readonly unknown[]): void {
  for (const error of errors) logger?.error('went on after', { error: error as Error });
}

/** Once for each Lambda environment. */
let logger: Logger | undefined;

function createLogger(pair: string): Logger {
  return new Logger({ serviceName: 's3-backfill', logFormatter: new PlainFormatter(), persistentKeys: { pair } });
}

/** Of an error its name, its words, where it came from and what S3 calls the request: an SDK's error also holds headers. */
class PlainFormatter extends LogFormatter {
  formatAttributes({ logLevel, timestamp, message }: UnformattedAttributes, more: LogAttributes): LogItem {
    return new LogItem({
      attributes: { level: logLevel, timestamp: this.formatTimestamp(timestamp), message },
    }).addAttributes(more);
  }

  override formatError(error: Error, depth = 0): LogAttributes {
    const { name, message, stack, cause } = error;
    const awsRequestId = (error as { $metadata?: { requestId?: string } }).$metadata?.requestId;
    return {
      name,
      message,
      stack,
      ...(awsRequestId === undefined ? {} : { awsRequestId }),
      ...(cause instanceof Error && depth < DEEPEST_CAUSE ? { cause: this.formatError(cause, depth + 1) } : {}),
    };
  }
}

/** An error may be its own cause. */
const DEEPEST_CAUSE = 5;
