import * as z from 'zod';
import type { Site } from '../../adapters/ports.js';
import { environment, type Environment } from '../../contracts/environment.js';
import type { Deadline } from '../../core/ports.js';
import { observed } from './telemetry.js';

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

/** What every event of the state machine says of its place in a run, whatever else may be wrong with it. */
const placed = z.object({
  runId: z.string().max(80),
  pass: z.int().optional(),
  chunk: z.object({ id: z.string().max(80) }).optional(),
});

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
    const { runId, pass, chunk } = placed.safeParse(event).data ?? {};
    const place = { run: runId, pass, chunk: chunk?.id };
    return observed(warm.settings.BACKFILL_PAIR, place, context, () => work(runtime, input.parse(event)));
  };
}

function warmUp<Ports>(portsOf: (site: Site) => Ports) {
  const settings = environment.parse(process.env);
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const services = settings.BACKFILL_ENGINE ?? { endpoint };
  const objects = { endpoint: process.env['AWS_ENDPOINT_URL_S3'] ?? endpoint };
  return { settings, ports: portsOf({ environment: settings, services, objects }) };
}
