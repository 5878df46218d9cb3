import type { MessageAttribute } from '../../sqs/message-attributes.js';
import type { Received } from '../../sqs/queue.js';

/**
 * What a function is invoked with for messages of a queue.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
 * @returns JSON text
 */
export function sqsEvent(received: readonly Received[], queueArn: string): string {
  const region = queueArn.split(':')[3];
  const records = received.map(({ message, receiptHandle, attributes }) => {
    const own = Object.entries(message.attributes ?? {}).map(([name, each]) => [name, inLowerCase(each)] as const);
    return {
      messageId: message.id,
      receiptHandle,
      body: message.body,
      attributes,
      messageAttributes: Object.fromEntries(own),
      ...(message.md5OfAttributes !== undefined && { md5OfMessageAttributes: message.md5OfAttributes }),
      md5OfBody: message.md5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    };
  });
  return JSON.stringify({ Records: records });
}

function inLowerCase({ StringValue: text, BinaryValue: binary, DataType: type }: MessageAttribute): object {
  return {
    ...(text === undefined ? { binaryValue: binary } : { stringValue: text }),
    stringListValues: [],
    binaryListValues: [],
    dataType: type,
  };
}
