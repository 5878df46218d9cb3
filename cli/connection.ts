import type { Connection } from '../adapters/connection.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export interface ConnectionOptions {
  endpointUrl?: string;
  region?: string;
  profile?: string;
}

/**
 * Whom to ask and as whom, as the `aws` command finds it. What is left out, the SDK finds as `aws` does; it differs in
 * two things, which are mended here: AWS_DEFAULT_REGION counts where AWS_REGION is not set, and keys in the environment
 * count before AWS_PROFILE (but not before --profile).
 */
export function connectionOf(options: ConnectionOptions, env: Terminal['env']): Connection {
  const region = options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const [accessKeyId, secretAccessKey, sessionToken] = [
    env['AWS_ACCESS_KEY_ID'],
    env['AWS_SECRET_ACCESS_KEY'],
    env['AWS_SESSION_TOKEN'],
  ];
  return {
    ...(options.endpointUrl === undefined ? {} : { endpoint: checkedUrl(options.endpointUrl) }),
    ...(region ? { region } : {}),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.profile === undefined && accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
  };
}

/**
 * The same for S3, which has to know of an endpoint wherever it is said: a bucket there is addressed by path.
 * @param configured what the profile says
 */
export function s3ConnectionOf(options: ConnectionOptions, env: Terminal['env'], configured?: string): Connection {
  const endpoint = options.endpointUrl ?? (env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || configured);
  return connectionOf(endpoint === undefined ? options : { ...options, endpointUrl: endpoint }, env);
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:\/\/[^/]/.test(text)) return text;
  throw new UsageError(`Expected an endpoint such as http://127.0.0.1:4566, got "${text}".`);
}
