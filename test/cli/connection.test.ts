import { describe, expect, it } from '@jest/globals';
import { connectionOf, s3ConnectionOf } from '../../cli/connection.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('Whom to ask and as whom, as the aws command finds it', () => {
  it.each([
    ['nothing said', {}, {}, {}],
    ['--region first', { region: 'eu-west-1' }, { AWS_REGION: 'us-east-1' }, { region: 'eu-west-1' }],
    ['then AWS_REGION', {}, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-west-2' }, { region: 'us-east-1' }],
    ['then AWS_DEFAULT_REGION', {}, { AWS_DEFAULT_REGION: 'us-west-2' }, { region: 'us-west-2' }],
    ['an empty variable is none', {}, { AWS_REGION: '', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, {}],
    [
      'keys of the environment before AWS_PROFILE',
      {},
      { ...KEYS, AWS_PROFILE: 'work' },
      { credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' } },
    ],
    [
      'with a session token',
      {},
      { ...KEYS, AWS_SESSION_TOKEN: 'token' },
      { credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'token' } },
    ],
    ['--profile before keys of the environment', { profile: 'work' }, KEYS, { profile: 'work' }],
    ['--endpoint-url', { endpointUrl: 'http://h:1' }, {}, { endpoint: 'http://h:1' }],
  ])('%s', (_, options, env, connection) => {
    expect(connectionOf(options, env)).toEqual(connection);
  });

  it.each([
    ['--endpoint-url first', { endpointUrl: 'http://a:1' }, { AWS_ENDPOINT_URL_S3: 'http://b:1' }, 'http://a:1'],
    ['then the service’s own', {}, { AWS_ENDPOINT_URL_S3: 'http://b:1', AWS_ENDPOINT_URL: 'http://c:1' }, 'http://b:1'],
    ['then the common one', {}, { AWS_ENDPOINT_URL: 'http://c:1' }, 'http://c:1'],
    ['then the profile’s', {}, {}, 'http://profile:1'],
  ])('S3 knows its endpoint: %s', (_, options, env, endpoint) => {
    expect(s3ConnectionOf(options, env, 'http://profile:1').endpoint).toBe(endpoint);
    expect(s3ConnectionOf({}, {}).endpoint).toBeUndefined();
  });
});
