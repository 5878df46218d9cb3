import { Tracer } from '@aws-lambda-powertools/tracer';
import type { LambdaContext } from './handle.js';
import { placeOf } from './place.js';

type Handler<Answer> = (event: unknown, context: LambdaContext) => Promise<Answer>;

/**
 * Traces each invocation as a subsegment that says of which run it is. For the states that run once a pass, not for those
 * that do the work: X-Ray's SDK hooks into every promise of the process, which costs half as much again as the work
 * (decision 16). Lambda and Step Functions trace those by themselves.
 */
export function traced<Answer>(handler: Handler<Answer>): Handler<Answer> {
  return async (event, context) => {
    tracer ??= new Tracer({ serviceName: 's3-backfill', captureHTTPsRequests: false });
    const parent = tracer.isTracingEnabled() ? tracer.getSegment() : undefined;
    if (!parent) return handler(event, context);
    const segment = parent.addNewSubsegment(`## ${context.functionName ?? 'handler'}`);
    tracer.setSegment(segment);
    for (const [name, value] of Object.entries(placeOf(event)))
      if (value !== undefined) tracer.putAnnotation(name, value as string | number);
    try {
      return await handler(event, context);
    } catch (error) {
      tracer.addErrorAsMetadata(error as Error);
      throw error;
    } finally {
      segment.close();
      tracer.setSegment(parent);
    }
  };
}

/** Once for each Lambda environment. */
let tracer: Tracer | undefined;
