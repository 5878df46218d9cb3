/** Where a service is and who asks, when it is not what the AWS environment says. */
export interface Connection {
  /** An endpoint other than AWS's own; S3 is then addressed by path. */
  endpoint?: string | undefined;
  region?: string;
  /** Of the AWS configuration files. */
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** A call that gets no answer is given up: the default only warns. */
export const REQUEST_TIMEOUT = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/** The settings of an SDK client for a connection; what is left out is found as the `aws` command finds it. */
export function clientSettings({ endpoint, region, profile, credentials }: Connection) {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
