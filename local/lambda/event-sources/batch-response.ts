/**
 * Which messages of a batch failed, by what a function with `ReportBatchItemFailures` answered. What Lambda cannot make
 * sense of is a failure of all of them.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 * @param payload JSON text
 * @param ids of all messages
 */
export function failedItems(payload: string, ids: readonly string[]): ReadonlySet<string> {
  const all = new Set(ids);
  const response: unknown = JSON.parse(payload);
  if (response === null) return NONE;
  if (typeof response !== 'object' || Array.isArray(response)) return all;
  const { batchItemFailures: failures = null } = response as { batchItemFailures?: unknown };
  if (failures === null) return NONE;
  if (!Array.isArray(failures)) return all;
  const failed = failures.map((each) => (Object(each) as { itemIdentifier?: unknown }).itemIdentifier);
  return failed.every((id): id is string => typeof id === 'string' && all.has(id)) ? new Set(failed) : all;
}

const NONE: ReadonlySet<string> = new Set();
