import { createS3Client, perRegion } from '../../adapters/s3/client.js';
import { S3NotificationSetup } from '../../adapters/s3/notification-setup.js';
import { sentEventsEvent } from '../../contracts/sent-events.js';
import { sendEvents } from '../../core/deploy/send-events.js';

/** Called by CloudFormation, through CDK's provider, for a pair with `live: "events"`: see core/deploy/send-events.ts. */
export async function handler(event: unknown): Promise<{ PhysicalResourceId: string }> {
  const setup = new S3NotificationSetup(perRegion((region) => createS3Client(region, ATTEMPTS)));
  return sendEvents(setup, sentEventsEvent.parse(event));
}

const ATTEMPTS = 8;
