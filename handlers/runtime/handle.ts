import type { z } from 'zod';
import type { Site } from '../../adapters/ports.js';
import { environment, type Environment } from '../../contracts/environment.js';
import { BackfillError } from '../../core/errors.js';
import type { Deadline } from '../../core/ports.js';
import { logged } from './log.js';
import { placeOf } from './place.js';

/** What Lambda gives a handler beside its event. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
  readonly functionName?: string;
  readonly awsRequestId?: string;
}

export interface Runtime<Ports> {
  ports: Ports;
  settings: Environment;
  deadline: Deadline;
}

/**
 * Makes a Lambda handler: checks the event against its contract, gives the work its ports, and answers what the work
 * answers. Ports are made once for each Lambda environment and kept while it is warm.
 * @param portsOf the ports that this handler needs: a bundle holds the SDK clients of these and no others
 */
export function handle<Input, Answer, Ports>(
  input: z.ZodType<Input>,
  portsOf: (site: Site) => Ports,
  work: (runtime: Runtime<Ports>, input: Input) => Promise<Answer>,
) {
  let warm: Omit<Runtime<Ports>, 'deadline'> | undefined;
  return async (event: unknown, context: LambdaContext): Promise<Answer> => {
    warm ??= warmUp(portsOf);
    const runtime = { ...warm, deadline: () => context.getRemainingTimeInMillis() };
    const place = { ...placeOf(event), requestId: context.awsRequestId };
    try {
      return await logged(warm.settings.BACKFILL_PAIR, place, () => work(runtime, input.parse(event)));
    } catch (error) {
      throw forReaders(error);
    }
  };
}

/** An end that has a name says all in its message; the Cause in the console is to be that, and not a trace of a bundle. */
function forReaders(error: unknown): unknown {
  if (error instanceof BackfillError) error.stack = `${error.name}: ${error.message}`;
  return error;
}

function warmUp<Ports>(portsOf: (site: Site) => Ports) {
  const settings = environment.parse(process.env);
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const services = settings.BACKFILL_ENGINE ?? { endpoint };
  const objects = { endpoint: process.env['AWS_ENDPOINT_URL_S3'] ?? endpoint };
  return { settings, ports: portsOf({ environment: settings, services, objects }) };
}
