import * as z from 'zod';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** As the header of a signature holds it: its own separators are no part of it. */
const id = z.string().regex(/^[!-+\-.0-~]{1,256}$/);
const secret = z.string().regex(/^[!-~]{1,512}$/);
/** Other tools write it there too, when there is none. */
const token = z
  .string()
  .regex(/^[!-~]{0,8192}$/)
  .nullish();

/** As other tools keep an access key in Secrets Manager, in the one spelling or in the other. */
const SPELLINGS = [
  { id: 'access_key_id', secret: 'secret_access_key', token: 'session_token' },
  { id: 'accessKeyId', secret: 'secretAccessKey', token: 'sessionToken' },
] as const;

const EXPECTED =
  'expected JSON {"access_key_id": "…", "secret_access_key": "…"}, or accessKeyId and secretAccessKey, and a session_token where the key has one';

/**
 * Reads an access key out of the text of a secret. Answers what is wrong with it in words that repeat nothing of it: not
 * even the names of its fields, since somebody may have taken those for the place of the key.
 */
export function readAccessKey(text: string | undefined): AccessKey | string {
  if (text === undefined) return `${EXPECTED}; it is binary.`;
  const fields = fieldsOf(text);
  if (!fields) return `${EXPECTED}; it is no JSON object.`;
  const names = SPELLINGS.find((spelling) => spelling.id in fields || spelling.secret in fields);
  if (!names) return `${EXPECTED}; it has neither field.`;
  const found = {
    accessKeyId: id.safeParse(fields[names.id]),
    secretAccessKey: secret.safeParse(fields[names.secret]),
    sessionToken: token.safeParse(fields[names.token]),
  };
  if (!found.accessKeyId.success) return unfit(names.id, fields, 'without spaces, commas and slashes');
  if (!found.secretAccessKey.success) return unfit(names.secret, fields, 'without spaces');
  if (!found.sessionToken.success) return unfit(names.token, fields, 'without spaces');
  return {
    accessKeyId: found.accessKeyId.data,
    secretAccessKey: found.secretAccessKey.data,
    ...(found.sessionToken.data ? { sessionToken: found.sessionToken.data } : {}),
  };
}

function unfit(name: string, fields: Readonly<Record<string, unknown>>, how: string): string {
  return name in fields ? `${EXPECTED}; its ${name} is no text of ASCII ${how}.` : `${EXPECTED}; it has no ${name}.`;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
