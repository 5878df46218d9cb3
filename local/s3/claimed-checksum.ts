import type { Body } from './body.js';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumHeader, checksumOf, isChecksum } from './checksums.js';
import type { Payload } from './payload.js';
import { type S3Call, header } from './s3-call.js';
import { S3Error } from './s3-error.js';

/** The algorithm that a request chose, and, once checked, the value of what it brought. */
export interface ClaimedChecksum {
  algorithm: ChecksumAlgorithm;
  value: string;
}

/**
 * The checksum that came with a body, in a header or a trailer, checked against it.
 * @returns undefined where the request brings none
 * @throws S3Error `InvalidRequest` where the headers contradict themselves, `BadDigest` where the body is not what the sender meant
 */
export function checkedChecksum(call: S3Call, payload: Payload, body: Body): ClaimedChecksum | undefined {
  const claims = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = header(call, checksumHeader(algorithm)) ?? payload.trailers.get(checksumHeader(algorithm));
    return value === undefined ? [] : [{ algorithm, value }];
  });
  const [claim, ...more] = claims;
  if (more.length > 0)
    throw new S3Error(
      'InvalidRequest',
      {},
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  const named = header(call, 'x-amz-sdk-checksum-algorithm');
  const algorithm =
    named === undefined
      ? undefined
      : parseAlgorithm(named, 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  if (claim === undefined) {
    if (algorithm === undefined) return undefined;
    throw new S3Error(
      'InvalidRequest',
      {},
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (algorithm !== undefined && algorithm !== claim.algorithm)
    throw new S3Error('InvalidRequest', {}, 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  if (!isChecksum(claim.algorithm, claim.value))
    throw new S3Error('InvalidRequest', {}, `Value for ${checksumHeader(claim.algorithm)} header is invalid.`);
  if (checksumOf(claim.algorithm, body) !== claim.value) {
    throw new S3Error('BadDigest', {}, `The ${claim.algorithm} you specified did not match the calculated checksum.`);
  }
  return claim;
}

/** @throws S3Error `InvalidRequest` with the given words */
export function parseAlgorithm(name: string, message: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (algorithm === undefined) throw new S3Error('InvalidRequest', {}, message);
  return algorithm;
}

/** The algorithm that `x-amz-checksum-algorithm` names (copy, create multipart upload). */
export function chosenAlgorithm(call: S3Call): ChecksumAlgorithm | undefined {
  const name = header(call, 'x-amz-checksum-algorithm');
  return name === undefined
    ? undefined
    : parseAlgorithm(
        name,
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
      );
}
