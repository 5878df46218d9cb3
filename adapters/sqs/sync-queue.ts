import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { KeyMessage } from '../../contracts/live.js';
import type { SyncQueue } from '../../core/ports.js';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';

/** The queue of a live copy over the SDK. */
export class SqsSyncQueue implements SyncQueue {
  readonly #client: SQSClient;

  constructor(
    private readonly url: string,
    connection: Connection = {},
  ) {
    this.#client = new SQSClient({ maxAttempts: 8, ...clientSettings(connection), requestHandler: REQUEST_TIMEOUT });
  }

  async later(message: KeyMessage, seconds: number): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({ QueueUrl: this.url, MessageBody: JSON.stringify(message), DelaySeconds: seconds }),
    );
  }

  async giveBack(receiptHandle: string, seconds: number): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }
}
