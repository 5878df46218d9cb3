import type { SentEvents } from '../../contracts/sent-events.js';

/** The notifications of a bucket. Errors are StorageError. */
export interface NotificationSetup {
  sendsToEventBridge(bucket: SentEvents): Promise<boolean>;
  /** Leaves all else that the bucket notifies as it is. */
  sendToEventBridge(bucket: SentEvents): Promise<void>;
}

/** Others may write the configuration between our look and our write, and S3 has one for all: it is looked at again. */
const MOST_TRIES = 5;

/**
 * Has a bucket send its events to EventBridge. They stay on when the pair goes: rules of others may wait for them, and without
 * a rule they cost nothing.
 * @returns the resource's id
 */
export async function sendEvents(
  setup: NotificationSetup,
  { RequestType, ResourceProperties: bucket }: { RequestType: string; ResourceProperties: SentEvents },
): Promise<{ PhysicalResourceId: string }> {
  if (RequestType !== 'Delete') await switchOn(setup, bucket);
  return { PhysicalResourceId: bucket.bucket };
}

async function switchOn(setup: NotificationSetup, bucket: SentEvents): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (await setup.sendsToEventBridge(bucket)) return;
    await setup.sendToEventBridge(bucket);
  }
}
