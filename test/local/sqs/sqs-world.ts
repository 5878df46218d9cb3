import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { skippingClock } from '../../../local/clock.js';
import { type EngineOptions, startEngine } from '../../../local/engine.js';

/** An engine whose clock skips, with the SDK's client of SQS for it. */
export async function openSqs(options: EngineOptions = {}) {
  const engine = await startEngine({ clock: skippingClock(), ...options });
  const { endpoint, region, accountId, credentials } = engine;
  const settings = { endpoint, region, maxAttempts: 1 };
  const sqs = new SQSClient({ ...settings, credentials });
  return {
    engine,
    sqs,
    settings,
    arnOf: (queue: string) => `arn:aws:sqs:${region}:${accountId}:${queue}`,
    urlOf: (queue: string) => `${endpoint}/${accountId}/${queue}`,
    /** Makes a queue; answers its URL. */
    make: async (name: string, attributes: Record<string, string> = {}) => {
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      return QueueUrl;
    },
    close: async () => {
      sqs.destroy();
      await engine.close();
    },
  };
}

export type SqsWorld = Awaited<ReturnType<typeof openSqs>>;
