import { LogFormatter, LogItem, Logger } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Tracer } from '@aws-lambda-powertools/tracer';
import type { LambdaContext } from './handle.js';

/** Fields of an event that say where in a run a line or a trace belongs. */
export interface Place {
  run?: string | undefined;
  pass?: number | undefined;
  chunk?: string | undefined;
}

/**
 * Logs one line when an invocation ends, with where it belongs, and what it threw. Never an event or an answer: they hold
 * keys. Traces it as one subsegment; calls to S3 are not traced one by one, since a chunk makes ten thousand of them.
 */
export async function observed<Answer>(
  pair: string,
  place: Place,
  context: LambdaContext,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { logger, tracer } = instruments(pair);
  logger.resetKeys();
  logger.appendKeys({ ...place, requestId: context.awsRequestId });
  const parent = tracer.isTracingEnabled() ? tracer.getSegment() : undefined;
  const segment = parent?.addNewSubsegment(`## ${context.functionName ?? 'handler'}`);
  if (segment) {
    tracer.setSegment(segment);
    for (const [name, value] of Object.entries({ pair, ...place }))
      if (value !== undefined) tracer.putAnnotation(name, value);
  }
  const began = performance.now();
  try {
    const answer = await work();
    logger.info('ended', { milliseconds: Math.round(performance.now() - began) });
    return answer;
  } catch (error) {
    logger.error('failed', { error: error as Error, milliseconds: Math.round(performance.now() - began) });
    if (segment) tracer.addErrorAsMetadata(error as Error);
    throw error;
  } finally {
    segment?.close();
    if (parent) tracer.setSegment(parent);
  }
}

let made: { logger: Logger; tracer: Tracer } | undefined;

/** Once for each Lambda environment. */
function instruments(pair: string) {
  made ??= {
    logger: new Logger({
      serviceName: 's3-backfill',
      logFormatter: new PlainFormatter(),
      persistentKeys: { pair },
    }),
    tracer: new Tracer({ serviceName: 's3-backfill', captureHTTPsRequests: false }),
  };
  return made;
}

/** Of an error its name, its words, where it came from and what S3 calls the request: an SDK's error also holds headers. */
class PlainFormatter extends LogFormatter {
  formatAttributes({ logLevel, timestamp, message }: UnformattedAttributes, more: LogAttributes): LogItem {
    return new LogItem({
      attributes: { level: logLevel, time: this.formatTimestamp(timestamp), message },
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
