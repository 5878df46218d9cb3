/** Causes that pass by themselves: what S3 said had nothing to do with the object. */
export const PASSING: ReadonlySet<string> = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'NoAnswer',
  'RequestTimeout',
  'OperationAborted',
  'KeepsChanging',
]);
