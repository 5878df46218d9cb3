/** What a Parquet file cannot be: `broken`, or written in a way that is not read here (`unsupported`). */
export class ParquetError extends Error {
  constructor(
    readonly kind: 'broken' | 'unsupported',
    message: string,
  ) {
    super(message);
  }
}

export function broken(what: string): ParquetError {
  return new ParquetError('broken', what);
}

export function unsupported(what: string): ParquetError {
  return new ParquetError('unsupported', what);
}
