import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NotFound } from '../../adapters/not-found.js';
import { callFailure } from '../../adapters/unreachable.js';

const named = (name: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });

describe('What a call that failed tells its user', () => {
  it.each([
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:9', { code: 'ECONNREFUSED' }), 'nothing listens there'],
    [named('Error', 'getaddrinfo ENOTFOUND states.nowhere.amazonaws.com', { code: 'ENOTFOUND' }), 'no such host'],
    [
      named('AggregateError', '', { errors: [named('Error', 'connect ETIMEDOUT', { code: 'ETIMEDOUT' })] }),
      'no answer in time',
    ],
    [
      named('NoAnswer', 'read ECONNRESET', { cause: named('Error', 'read ECONNRESET', { code: 'ECONNRESET' }) }),
      'the connection was cut',
    ],
    [named('TimeoutError', 'Connection timed out after 5000 ms'), 'Connection timed out'],
    [named('CredentialsProviderError', 'Could not load credentials from any providers'), 'Set AWS_ACCESS_KEY_ID'],
    [named('Error', 'Region is missing'), 'give --region'],
    [named('ExpiredTokenException', 'The security token included in the request is expired'), 'sign in again'],
    [
      named('StorageError', 'ExpiredToken', { cause: named('ExpiredToken', 'The provided token has expired.') }),
      'sign in again',
    ],
    [
      named('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      'does not accept these credentials',
    ],
    [
      named('AccessDeniedException', 'User: u is not authorized to perform: states:ListStateMachines'),
      'may not do that',
    ],
    [
      named('InternalServerError', 'UnknownError', { $metadata: { httpStatusCode: 500 } }),
      'answered InternalServerError',
    ],
  ])('%s: the service cannot be reached', (error, words) => {
    const failure = callFailure(error);
    expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining(words) });
    expect(failure.message).not.toContain('\n');
  });

  it.each([
    [new NotFound('There is no run "x".')],
    [named('ExecutionAlreadyExists', "Execution Already Exists: 'arn'", { $metadata: { httpStatusCode: 400 } })],
    [named('InvalidName', "Invalid Name: 'a b'", { $metadata: { httpStatusCode: 400 } })],
  ])('%s: the call was wrong', (error) => {
    expect(callFailure(error).kind).toBe('refused');
  });

  it('takes whatever is thrown', () => {
    const circular = new Error('circular');
    circular.cause = circular;
    expect(callFailure(circular)).toEqual({ kind: 'other', message: 'circular' });
    fc.assert(fc.property(fc.anything(), (thrown) => typeof callFailure(thrown).message === 'string'));
  });
});
