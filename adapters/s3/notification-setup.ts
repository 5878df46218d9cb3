import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { SentEvents } from '../../contracts/sent-events.js';
import type { NotificationSetup } from '../../core/deploy/send-events.js';
import { storageCall } from './storage-error.js';

/** Notifications of buckets over the SDK. @param client the client of a Region */
export class S3NotificationSetup implements NotificationSetup {
  constructor(private readonly client: (region?: string) => S3Client) {}

  async sendsToEventBridge(bucket: SentEvents): Promise<boolean> {
    return (await this.#read(bucket)).EventBridgeConfiguration !== undefined;
  }

  /** A write replaces the whole: what is there is written again. Its destinations were checked when they were set up. */
  async sendToEventBridge(bucket: SentEvents): Promise<void> {
    const NotificationConfiguration = { ...(await this.#read(bucket)), EventBridgeConfiguration: {} };
    await storageCall(() =>
      this.client(bucket.region).send(
        new PutBucketNotificationConfigurationCommand({
          ...named(bucket),
          NotificationConfiguration,
          SkipDestinationValidation: true,
        }),
      ),
    );
  }

  async #read(bucket: SentEvents): Promise<NotificationConfiguration> {
    const answer = await storageCall(() =>
      this.client(bucket.region).send(new GetBucketNotificationConfigurationCommand(named(bucket))),
    );
    const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } = answer;
    return { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration };
  }
}

function named({ bucket, account }: SentEvents) {
  return { Bucket: bucket, ExpectedBucketOwner: account };
}
