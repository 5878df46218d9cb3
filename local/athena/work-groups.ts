/** The part of CloudFormation's `AWS::Athena::WorkGroup.WorkGroupConfiguration` that the embedded Athena does. */
export interface WorkGroupConfiguration {
  EnforceWorkGroupConfiguration?: boolean;
  /** Bytes; 10 MB at least. */
  BytesScannedCutoffPerQuery?: number;
  ResultConfiguration?: ResultConfiguration;
  PublishCloudWatchMetricsEnabled?: boolean;
  RequesterPaysEnabled?: boolean;
  EngineVersion?: { SelectedEngineVersion?: string; EffectiveEngineVersion?: string };
}

export interface ResultConfiguration {
  OutputLocation?: string;
  ExpectedBucketOwner?: string;
  EncryptionConfiguration?: { EncryptionOption: string; KmsKey?: string };
  AclConfiguration?: unknown;
}

export interface WorkGroup {
  name: string;
  configuration: WorkGroupConfiguration;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** Of all workgroups and queries. */
export const ENGINE_VERSION = { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' };

/** Checks a configuration as Athena would. Throws an Error at what it would not take, or the embedded Athena does not do. */
export function readWorkGroup(name: string, configuration: WorkGroupConfiguration, createdAt: number): WorkGroup {
  if (!/^[a-zA-Z0-9._-]{1,128}$/.test(name))
    throw new Error(
      `Expected a workgroup's name of 1 to 128 letters, digits, dots, dashes and underscores; got ${name}.`,
    );
  const unknown = Object.keys(configuration).find((member) => !KNOWN.has(member));
  if (unknown !== undefined) throw new Error(`The embedded Athena does not do ${unknown} of workgroups.`);
  if (configuration.RequesterPaysEnabled === true)
    throw new Error('The embedded Athena does not do RequesterPaysEnabled of workgroups.');
  const { BytesScannedCutoffPerQuery: cutoff } = configuration;
  if (cutoff !== undefined && !(Number.isSafeInteger(cutoff) && cutoff >= MIN_CUTOFF))
    throw new Error(`Expected at least ${MIN_CUTOFF} as BytesScannedCutoffPerQuery; got ${cutoff}.`);
  return { name, configuration, createdAt };
}

const KNOWN = new Set([
  'EnforceWorkGroupConfiguration',
  'BytesScannedCutoffPerQuery',
  'ResultConfiguration',
  'PublishCloudWatchMetricsEnabled',
  'RequesterPaysEnabled',
  'EngineVersion',
]);

/** Bytes: Athena takes no smaller one. */
const MIN_CUTOFF = 10_000_000;
