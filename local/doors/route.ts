import type { IncomingHttpHeaders } from 'node:http';

/** Services that a header names the operations of. */
type JsonService = 'dynamodb' | 'states' | 'athena' | 'events' | 'secretsmanager' | 'sqs';

/** Who answers a request. */
export type Route =
  | { service: 's3' | 's3-control' }
  | { service: JsonService; action: string }
  | { service: 'lambda' | 'sts' }
  /** A service of AWS that the engine does not have. */
  | { service: 'absent'; name: string };

const TARGETS: Readonly<Record<string, JsonService>> = {
  AWSEvents: 'events',
  AmazonSQS: 'sqs',
  AmazonAthena: 'athena',
  DynamoDB_20120810: 'dynamodb',
  AWSStepFunctions: 'states',
  secretsmanager: 'secretsmanager',
};

/**
 * Which service a request is for: the one that its signature names, else the one that its target header names, else S3,
 * which alone serves requests without a signature. (A path cannot tell: `2015-03-31` is a lawful bucket name.)
 * @param target the request target as it came
 */
export function route(target: string, headers: IncomingHttpHeaders): Route {
  const [prefix = '', action = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const service = signedFor(target, headers) ?? TARGETS[prefix] ?? 's3';
  switch (service) {
    case 's3':
      return { service: isControl(target, headers) ? 's3-control' : 's3' };
    case 'sts':
    case 'lambda':
      return { service };
    case 'dynamodb':
    case 'states':
    case 'athena':
    case 'secretsmanager':
    case 'events':
    case 'sqs':
      return { service, action: TARGETS[prefix] === service ? action : '' };
    default:
      return { service: 'absent', name: service };
  }
}

/** S3 Control signs as S3 does; a bucket may be called like its version, but its requests do not name an account. */
function isControl(target: string, headers: IncomingHttpHeaders): boolean {
  return target.startsWith('/v20180820/') && headers['x-amz-account-id'] !== undefined;
}

/** The service in the credential's scope: `AKID/20240131/eu-west-1/<service>/aws4_request`, in the header or the query. */
function signedFor(target: string, headers: IncomingHttpHeaders): string | undefined {
  const credential =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ??
    /[?&]X-Amz-Credential=([^&]+)/i.exec(target)?.[1]?.replaceAll(/%2F/gi, '/');
  return credential?.split('/').at(-2);
}
