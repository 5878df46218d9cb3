import { MAX_SKEW, type SignatureRefusal } from '../http/signature-v4.js';
import { S3Error } from './s3-error.js';
import { isoTime } from './s3-call.js';

/** A refused signature in S3's words. @param now milliseconds since the epoch, by which the signature was judged */
export function signatureError(refusal: SignatureRefusal, now: number): S3Error {
  switch (refusal.kind) {
    case 'unsupportedMechanism':
      return new S3Error(
        'InvalidRequest',
        {},
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      );
    case 'malformed': {
      const fields = refusal.region === undefined ? {} : { Region: refusal.region };
      return refusal.where === 'header'
        ? new S3Error(
            'AuthorizationHeaderMalformed',
            fields,
            `The authorization header is malformed; ${refusal.message}`,
          )
        : new S3Error('AuthorizationQueryParametersError', fields, refusal.message);
    }
    case 'missingDate':
      return new S3Error('AccessDenied', {}, 'AWS authentication requires a valid Date or x-amz-date header');
    case 'missingPayloadHash':
      return new S3Error('MissingSecurityHeader', { MissingHeaderName: 'x-amz-content-sha256' });
    case 'unsignedHeaders':
      return new S3Error(
        'AccessDenied',
        { HeadersNotSigned: refusal.names.join(', ') },
        'There were headers present in the request which were not signed',
      );
    case 'unknownKey':
      return new S3Error('InvalidAccessKeyId', { AWSAccessKeyId: refusal.accessKeyId });
    case 'invalidToken':
      return new S3Error('InvalidToken', { 'Token-0': refusal.token });
    case 'skewed':
      return new S3Error('RequestTimeTooSkewed', {
        RequestTime: refusal.requestTime,
        ServerTime: serverTime(now),
        MaxAllowedSkewMilliseconds: MAX_SKEW,
      });
    case 'expired':
      return new S3Error(
        'AccessDenied',
        { 'X-Amz-Expires': refusal.seconds, Expires: serverTime(refusal.expiredAt), ServerTime: serverTime(now) },
        'Request has expired',
      );
    case 'notYetValid':
      return new S3Error('AccessDenied', { ServerTime: serverTime(now) }, 'Request is not yet valid');
    case 'mismatch':
      return new S3Error('SignatureDoesNotMatch', {
        AWSAccessKeyId: refusal.accessKeyId,
        StringToSign: refusal.stringToSign,
        SignatureProvided: refusal.signature,
        StringToSignBytes: bytesOf(refusal.stringToSign),
        CanonicalRequest: refusal.canonicalRequest,
        CanonicalRequestBytes: bytesOf(refusal.canonicalRequest),
      });
  }
}

const serverTime = (milliseconds: number) => isoTime(milliseconds).replace(/\.\d{3}Z$/, 'Z');

const bytesOf = (text: string) =>
  Buffer.from(text, 'latin1')
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1 ');
