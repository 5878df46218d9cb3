/** What the package exports: a pair as a construct, for CDK apps of others. */
export { S3Backfill, type S3BackfillProps } from './s3-backfill.js';
export type { PairInput } from '../contracts/pair.js';
