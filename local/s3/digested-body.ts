import { Body } from './body.js';
import { checkedChecksum } from './claimed-checksum.js';
import { type S3Call, header } from './s3-call.js';
import { S3Error } from './s3-error.js';

/** The text of a request that S3 takes only with a digest of it, unless it is empty. @throws S3Error `InvalidRequest` where it brings none */
export async function digestedBody(call: S3Call): Promise<string> {
  const payload = await call.payload();
  const claim = checkedChecksum(call, payload, Body.of(payload.data));
  if (payload.data.length === 0 || claim || header(call, 'content-md5') !== undefined) return payload.data.toString();
  throw new S3Error('InvalidRequest', {}, 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
}
