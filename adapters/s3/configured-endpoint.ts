import { loadConfig } from '@smithy/core/config';

/**
 * The endpoint of S3 in the profile of the AWS configuration files: `endpoint_url` under `s3 =` of its services section,
 * else its own. Clients find it by themselves, but only who knows of it can have them address buckets by path.
 * Source: AWS SDKs and Tools Reference Guide, Service-specific endpoints.
 */
export function configuredS3Endpoint(): Promise<string | undefined> {
  return loadConfig<string | undefined>({
    environmentVariableSelector: () => undefined,
    configFileSelector: (profile, file) =>
      file?.[`services.${profile['services']}`]?.['s3.endpoint_url'] ?? profile['endpoint_url'],
    default: undefined,
  })();
}
