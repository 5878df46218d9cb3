import type { IncomingHttpHeaders } from 'node:http';

/** What conditions are judged against. */
export interface Judged {
  /** Without quotes. */
  etag: string;
  /** Milliseconds since the epoch, whole seconds. */
  lastModified: number;
}

export type ConditionVerdict = { kind: 'holds' } | { kind: 'notModified' } | { kind: 'failed'; condition: string };

/**
 * The conditions of GET and HEAD, in RFC 7232's order: an ETag condition decides, its time condition is then not looked at.
 * | If-Match | If-Unmodified-Since | | If-None-Match | If-Modified-Since | |
 * |---|---|---|---|---|---|
 * | fails | any | 412 | matches | any | 304 |
 * | holds | any | goes on | differs | any | goes on |
 * | – | fails | 412 | – | not modified | 304 |
 * @param now a modification time after it is no condition at all
 */
export function judgeRead(headers: IncomingHttpHeaders, object: Judged, now: number): ConditionVerdict {
  return judge(headers, READ_HEADERS, object, now, { kind: 'notModified' });
}

/** The conditions on the source of CopyObject and UploadPartCopy: as for reading, but whatever does not hold is 412. */
export function judgeCopySource(headers: IncomingHttpHeaders, object: Judged, now: number): ConditionVerdict {
  return judge(headers, COPY_HEADERS, object, now, undefined);
}

export type WriteVerdict =
  | { kind: 'holds' }
  | { kind: 'failed'; condition: 'If-Match' | 'If-None-Match' }
  | { kind: 'missing' }
  | { kind: 'unsupported'; header: string; message: string };

/**
 * The conditions on the destination of PutObject, CopyObject and CompleteMultipartUpload: `If-None-Match: *` where nothing may be there,
 * `If-Match: <ETag>` where exactly that must be there (`missing`, a 404, where nothing is).
 */
export function judgeWrite(headers: IncomingHttpHeaders, existing: Judged | undefined): WriteVerdict {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return {
      kind: 'unsupported',
      header: 'If-Match,If-None-Match',
      message: 'Multiple conditional request headers present in the request',
    };
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') return unsupportedValue('If-None-Match');
    return existing ? { kind: 'failed', condition: 'If-None-Match' } : { kind: 'holds' };
  }
  if (ifMatch === undefined) return { kind: 'holds' };
  if (ifMatch === '*') return unsupportedValue('If-Match');
  if (!existing) return { kind: 'missing' };
  return matches(ifMatch, existing.etag) ? { kind: 'holds' } : { kind: 'failed', condition: 'If-Match' };
}

/** The condition on DeleteObject: `If-Match` with an ETag, or `*` for anything that is there. */
export function judgeDelete(
  headers: IncomingHttpHeaders,
  existing: Judged | undefined,
): { kind: 'holds' | 'missing' | 'failed' } {
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) return { kind: 'holds' };
  if (!existing) return { kind: 'missing' };
  return { kind: matches(ifMatch, existing.etag) ? 'holds' : 'failed' };
}

interface ConditionHeaders {
  match: string;
  unmodified: string;
  noneMatch: string;
  modified: string;
  /** As the answer's `<Condition>` names them. */
  names: Record<'match' | 'unmodified' | 'noneMatch' | 'modified', string>;
}

const READ_HEADERS: ConditionHeaders = {
  match: 'if-match',
  unmodified: 'if-unmodified-since',
  noneMatch: 'if-none-match',
  modified: 'if-modified-since',
  names: {
    match: 'If-Match',
    unmodified: 'If-Unmodified-Since',
    noneMatch: 'If-None-Match',
    modified: 'If-Modified-Since',
  },
};

const COPY_HEADERS: ConditionHeaders = {
  match: 'x-amz-copy-source-if-match',
  unmodified: 'x-amz-copy-source-if-unmodified-since',
  noneMatch: 'x-amz-copy-source-if-none-match',
  modified: 'x-amz-copy-source-if-modified-since',
  names: {
    match: 'x-amz-copy-source-If-Match',
    unmodified: 'x-amz-copy-source-If-Unmodified-Since',
    noneMatch: 'x-amz-copy-source-If-None-Match',
    modified: 'x-amz-copy-source-If-Modified-Since',
  },
};

function judge(
  headers: IncomingHttpHeaders,
  kind: ConditionHeaders,
  object: Judged,
  now: number,
  unchanged: ConditionVerdict | undefined,
): ConditionVerdict {
  const failed = (condition: string): ConditionVerdict => ({ kind: 'failed', condition });
  const text = (name: string) => headers[name] as string | undefined;
  const time = (name: string) => parseHttpDate(text(name));

  const match = text(kind.match);
  const unmodifiedSince = time(kind.unmodified);
  if (match !== undefined) {
    if (!matches(match, object.etag)) return failed(kind.names.match);
  } else if (unmodifiedSince !== undefined && object.lastModified > unmodifiedSince)
    return failed(kind.names.unmodified);

  const noneMatch = text(kind.noneMatch);
  const modifiedSince = time(kind.modified);
  if (noneMatch !== undefined) {
    if (matches(noneMatch, object.etag)) return unchanged ?? failed(kind.names.noneMatch);
  } else if (modifiedSince !== undefined && modifiedSince <= now && object.lastModified <= modifiedSince) {
    return unchanged ?? failed(kind.names.modified);
  }
  return { kind: 'holds' };
}

/** ETags are compared with or without quotes, weak or not, one or a list of them. */
function matches(condition: string, etag: string): boolean {
  return condition.split(',').some((piece) => {
    const wanted = piece.trim().replace(/^W\//, '').replaceAll('"', '');
    return wanted === '*' || wanted === etag;
  });
}

/** Milliseconds since the epoch; a date that cannot be read is no condition. */
function parseHttpDate(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

const unsupportedValue = (header: string): WriteVerdict => ({
  kind: 'unsupported',
  header,
  message: `We don't accept the provided value of ${header} header for this API`,
});
