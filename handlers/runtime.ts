import type { z } from 'zod';
import { createPorts } from '../adapters/ports.js';
import { environment, type Environment } from '../contracts/environment.js';
import type { Deadline, Ports } from '../core/ports.js';

/** What Lambda gives a handler beside its event. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

export interface Runtime {
  ports: Ports;
  settings: Environment;
  deadline: Deadline;
}

/** Made once for each Lambda environment and kept while it is warm. */
let warm: Pick<Runtime, 'ports' | 'settings'> | undefined;

/** Makes a Lambda handler: checks the event against its contract, gives the work its ports, and answers what the work answers. */
export function handle<Input, Answer>(
  input: z.ZodType<Input>,
  work: (runtime: Runtime, input: Input) => Promise<Answer>,
) {
  return async (event: unknown, context: LambdaContext): Promise<Answer> => {
    warm ??= warmUp();
    return work({ ...warm, deadline: () => context.getRemainingTimeInMillis() }, input.parse(event));
  };
}

function warmUp() {
  const settings = environment.parse(process.env);
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const services = settings.BACKFILL_ENGINE ?? { endpoint };
  return {
    settings,
    ports: createPorts(settings, services, { endpoint: process.env['AWS_ENDPOINT_URL_S3'] ?? endpoint }),
  };
}
