import * as z from 'zod';

export const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'expected a bucket name of 3 to 63 lowercase letters, digits, dots and hyphens',
  );

/** A lone surrogate has no UTF-8, so no key holds one. */
export const unicode = z
  .string()
  .refine((text) => !/\p{Surrogate}/u.test(text), 'expected Unicode, found half a character');

export const keyPrefix = unicode.refine(
  (text) => new TextEncoder().encode(text).length <= 1024,
  'expected at most 1,024 bytes of UTF-8',
);

export const kmsKeyArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
    'expected the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>; a policy cannot name an alias',
  );

export const roleArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
    'expected the ARN of a role, arn:aws:iam::<account>:role/<name>',
  );

/** With the six characters that Secrets Manager puts behind a name: a policy cannot do without them. */
export const secretArn = z
  .string()
  .regex(
    /^arn:aws(?:-[a-z]+)*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,512}-[A-Za-z0-9]{6}$/,
    'expected the whole ARN of a secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>',
  );

/** Of another server than AWS's. The credentials of this machine alone may go there without TLS. */
export const endpoint = z
  .string()
  .refine(
    isEndpoint,
    'expected https://<host>, without credentials, query or fragment; http is for 127.0.0.1 and localhost',
  );

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '' || /[?#\s]/.test(text)) return false;
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
}

/** Source: AWS STS API Reference, AssumeRole. */
export const externalId = z
  .string()
  .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected 2 to 1,224 letters, digits and characters of +=,.@:/_-');

/** S3's storage classes as an inventory names them. */
export const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
  'OUTPOSTS',
  'SNOW',
  'EXPRESS_ONEZONE',
] as const;

/** Those that a copy into a general purpose bucket may ask for. */
export const writableStorageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;
export type WritableStorageClass = (typeof writableStorageClasses)[number];
