import * as z from 'zod';

/** An item of the failure table: a row, or a whole chunk, that could not be copied. Times are ISO 8601. */
export const failure = z.object({
  /** Run id. */
  pk: z.string(),
  /** SHA-256 (hex) of key and version; of a chunk `chunk#<id>`. */
  sk: z.string(),
  /** `<run id>#<cause>`, partition key of the index byCause. */
  runCause: z.string(),
  /** `<run id>#<chunk>`, partition key of the index byChunk. */
  runChunk: z.string(),
  /** Source key; absent for a chunk. */
  key: z.string().optional(),
  versionId: z.string().optional(),
  cause: z.string(),
  message: z.string(),
  remedy: z.string(),
  /** In how many passes it failed. */
  attempts: z.int().min(1),
  pass: z.int().min(1),
  chunk: z.string(),
  size: z.int().min(0).optional(),
  /** What failed is a deletion, or a delete marker. */
  isDeletion: z.literal(true).optional(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  status: z.enum(['open', 'resolved']),
  /** The later run that made it good, where that was not this one itself. */
  resolvedBy: z.string().optional(),
  /** Time to live, seconds since the epoch. */
  expiresAt: z.int(),
});
export type Failure = z.infer<typeof failure>;

/** Indexes of the failure table. */
export const failureIndexes = {
  byCause: { name: 'byCause', partitionKey: 'runCause', sortKey: 'sk' },
  byChunk: { name: 'byChunk', partitionKey: 'runChunk', sortKey: 'sk' },
} as const;

/** The failure table, in the words of DynamoDB's CreateTable. Infrastructure and the embedded engine both read it. */
export function failureTableDefinition(tableName: string) {
  const index = (each: (typeof failureIndexes)[keyof typeof failureIndexes]) => ({
    IndexName: each.name,
    KeySchema: [
      { AttributeName: each.partitionKey, KeyType: 'HASH' as const },
      { AttributeName: each.sortKey, KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: 'ALL' as const },
  });
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: ['pk', 'sk', 'runCause', 'runChunk'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S' as const,
    })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' as const },
      { AttributeName: 'sk', KeyType: 'RANGE' as const },
    ],
    GlobalSecondaryIndexes: [index(failureIndexes.byCause), index(failureIndexes.byChunk)],
  };
}
