import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { asStorageError, orMissing, storageCall } from '../../adapters/s3/storage-error.js';
import { StorageError, type StorageErrorKind } from '../../core/errors.js';
import { useAnswers } from './scripted-s3.js';

const scripted = useAnswers();

describe('What S3 answers is an error under its own code', () => {
  it.each<[number, string, StorageErrorKind]>([
    [503, 'SlowDown', 'throttled'],
    [503, 'ServiceUnavailable', 'throttled'],
    [429, 'TooManyRequests', 'throttled'],
    [400, 'ThrottlingException', 'throttled'],
    [400, 'RequestLimitExceeded', 'throttled'],
    [400, 'KMS.ThrottlingException', 'throttled'],
    [400, 'KMS.DisabledException', 'refused'],
    [503, 'GlacierExpeditedRetrievalNotAvailable', 'transient'],
    [500, 'InternalError', 'transient'],
    [400, 'RequestTimeout', 'transient'],
    [409, 'OperationAborted', 'transient'],
    [502, 'BadGateway', 'transient'],
    [504, 'GatewayTimeout', 'transient'],
    [403, 'AccessDenied', 'refused'],
    [403, 'InvalidObjectState', 'refused'],
    [403, 'InvalidAccessKeyId', 'refused'],
    [400, 'ExpiredToken', 'refused'],
    [400, 'KeyTooLongError', 'refused'],
    [404, 'NoSuchKey', 'refused'],
    [404, 'NoSuchBucket', 'refused'],
    [409, 'ConditionalRequestConflict', 'refused'],
    [412, 'PreconditionFailed', 'refused'],
    [501, 'NotImplemented', 'refused'],
    // A server that is not S3.
    [507, 'XMinioStorageFull', 'transient'],
  ])('%d %s: %s', async (status, code, kind) => {
    answer(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>words</Message></Error>`);
    await expect(get()).rejects.toMatchObject({ name: nameOf(code, kind), code, kind, status, message: 'words' });
    await expect(get()).rejects.toBeInstanceOf(StorageError);
  });

  it.each<[number, string, StorageErrorKind]>([
    [403, 'AccessDenied', 'refused'],
    [404, 'NotFound', 'refused'],
    [412, 'PreconditionFailed', 'refused'],
    [500, 'InternalError', 'transient'],
    [503, 'SlowDown', 'throttled'],
    [400, 'Http400', 'refused'],
    [502, 'Http502', 'transient'],
  ])('%d to a HEAD, which has no body: %s', async (status, code, kind) => {
    answer(status, '');
    await expect(head()).rejects.toMatchObject({ name: nameOf(code, kind), code, kind, status });
  });

  it.each([
    [502, '<html><body>Bad Gateway</body></html>', 'transient'],
    [503, 'busy', 'throttled'],
    [500, '', 'transient'],
  ])('%d with a body that is no error of S3: %j', async (status, body, kind) => {
    answer(status, body);
    await expect(get()).rejects.toMatchObject({ kind, status });
  });
});

/** What passes goes by a name that the state machine's Retry knows. */
function nameOf(code: string, kind: StorageErrorKind): string {
  return { throttled: 'SlowDown', transient: 'InternalError', refused: code }[kind];
}

describe('No answer at all', () => {
  it('is NoAnswer, without a status, where the connection breaks', async () => {
    scripted().answer((response) => void response.socket?.destroy());
    await expect(get()).rejects.toMatchObject({ name: 'NoAnswer', kind: 'transient', status: undefined });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT'])('is NoAnswer: %s', (code) => {
    const error = Object.assign(new Error(`connect ${code}`), { code });
    expect(asStorageError(error)).toMatchObject({ name: 'NoAnswer', kind: 'transient', cause: error });
  });

  it('is NoAnswer where the SDK gave up waiting', () => {
    const error = Object.assign(new Error('took too long'), { name: 'TimeoutError' });
    expect(asStorageError(error)).toMatchObject({ name: 'NoAnswer', kind: 'transient' });
  });
});

describe('What is no answer of S3', () => {
  it.each([
    ['a defect', new TypeError('x is not a function')],
    ['credentials that are not there', Object.assign(new Error('none'), { name: 'CredentialsProviderError' })],
    ['something thrown that is no error', 'a string'],
    ['nothing', undefined],
    ['an error that has its name already', new StorageError('SlowDown', '', { kind: 'throttled' })],
  ])('stays what it is: %s', (_, error) => {
    expect(asStorageError(error)).toBe(error);
  });
});

describe('An object that is not there', () => {
  it.each(['NoSuchKey', 'NoSuchVersion'])('is undefined: %s', async (code) => {
    answer(404, `<Error><Code>${code}</Code></Error>`);
    expect(
      await orMissing(() => scripted().client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }))),
    ).toBeUndefined();
  });

  it('is undefined to a HEAD', async () => {
    answer(404, '');
    expect(
      await orMissing(() => scripted().client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'k' }))),
    ).toBeUndefined();
  });

  it.each([
    [404, 'NoSuchBucket'],
    [403, 'AccessDenied'],
    [400, 'InvalidArgument'],
  ])('is not just not there: %d %s', async (status, code) => {
    answer(status, `<Error><Code>${code}</Code></Error>`);
    const asking = orMissing(() => scripted().client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })));
    await expect(asking).rejects.toMatchObject({ name: code });
  });
});

function answer(status: number, body: string) {
  scripted().answer((response) => response.writeHead(status, { 'content-type': 'application/xml' }).end(body));
}

function get() {
  return storageCall(() => scripted().client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })));
}

function head() {
  return storageCall(() => scripted().client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'k' })));
}
