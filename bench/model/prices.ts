/** US East (N. Virginia), in US dollars, without free tiers, discounts and taxes. */
export interface Price {
  usd: number;
  per: string;
  /** When the page said so. */
  asOf: string;
  /** `known`: what is common knowledge, and no stored page was found that says it. */
  source: string;
}

export const prices = {
  lambdaGbSecond: {
    usd: 0.0000133334,
    per: 'GB-second, arm64, up to 7.5 billion a month',
    asOf: '2024',
    source: 'https://cloudchipr.com/blog/aws-lambda-pricing',
  },
  lambdaRequest: {
    usd: 0.2e-6,
    per: 'request',
    asOf: '2025',
    source: 'https://aws.amazon.com/s3/pricing/ (S3 Object Lambda), https://cloudchipr.com/blog/aws-lambda-pricing',
  },
  stateTransition: {
    usd: 0.025e-3,
    per: 'state transition of a Standard workflow, retries too',
    asOf: '2024',
    source: 'https://aws.amazon.com/step-functions/pricing/',
  },
  s3Write: {
    usd: 0.005e-3,
    per: 'PUT, COPY, POST or LIST of S3 Standard',
    asOf: '2025',
    source: 'https://c3x.dev/blog/s3-request-fees-explained',
  },
  s3Read: {
    usd: 0.0004e-3,
    per: 'GET or HEAD of S3 Standard',
    asOf: '2025',
    source: 'https://c3x.dev/blog/s3-request-fees-explained',
  },
  s3GbMonth: { usd: 0.023, per: 'GB-month of S3 Standard', asOf: '2025', source: 'known' },
  inventoryObject: { usd: 0.0025e-6, per: 'object listed', asOf: '2025', source: 'https://aws.amazon.com/s3/pricing/' },
  tableWrite: {
    usd: 0.625e-6,
    per: 'write request unit of DynamoDB on demand',
    asOf: '2025-07-21',
    source: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
  },
  tableRead: {
    usd: 0.125e-6,
    per: 'read request unit of DynamoDB on demand',
    asOf: '2025-07-21',
    source: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
  },
  logGb: {
    usd: 0.5,
    per: 'GB of CloudWatch Logs taken in',
    asOf: '2026-02',
    source: 'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/',
  },
  trace: { usd: 5e-6, per: 'trace that X-Ray records', asOf: '2025', source: 'known' },
  batchJob: {
    usd: 0.25,
    per: 'job of S3 Batch Operations',
    asOf: '2025',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  batchObject: {
    usd: 1e-6,
    per: 'object of S3 Batch Operations, Batch Replication too',
    asOf: '2025',
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  dataSyncTask: {
    usd: 0.55,
    per: 'execution of a DataSync task in Enhanced mode (US East, Ohio)',
    asOf: '2025-04-01',
    source: 'https://huggingface.co/datasets/labofsahil/aws-pricing-dataset (AWSDataSync.csv)',
  },
  dataSyncGb: {
    usd: 0.015,
    per: 'GB that DataSync copies in Enhanced mode (the row of GovCloud; US East is taken to be the same)',
    asOf: '2025-04-01',
    source: 'https://huggingface.co/datasets/labofsahil/aws-pricing-dataset (AWSDataSync.csv)',
  },
} as const satisfies Record<string, Price>;

/** What other ways of copying take, and live copies: docs/which-one.md. */
export const otherPrices = {
  interRegionGb: {
    usd: 0.02,
    per: 'GB that leaves for another Region (0.01 to Ohio)',
    asOf: '2026-06',
    source: 'https://awsnegotiations.com/s3-replication-cost-strategy',
  },
  internetGb: {
    usd: 0.09,
    per: 'GB that leaves for the Internet, and so for another partition, of the first 10 TB a month',
    asOf: '2026-06-02',
    source: 'https://www.usage.ai/blogs/aws/networking-cost/data-transfer-costs/',
  },
  timeControlGb: {
    usd: 0.015,
    per: 'GB that is replicated with Replication Time Control, beside transfer',
    asOf: '2026',
    source: 'known',
  },
  event: {
    usd: 1e-6,
    per: 'event of S3 on EventBridge: an opt-in data event, billed as a custom event',
    asOf: '2026-06',
    source:
      'https://aws.amazon.com/eventbridge/pricing/ (that it is billed), https://www.factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive/ (a custom event)',
  },
  queueRequest: {
    usd: 0.4e-6,
    per: 'request to a standard queue of SQS',
    asOf: '2026-03-14',
    source: 'https://cloudburn.io/blog/amazon-sqs-pricing',
  },
} as const satisfies Record<string, Price>;
