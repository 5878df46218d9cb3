import type { GetObjectAclCommandOutput, Grantee } from '@aws-sdk/client-s3';
import type { Grants } from '../../core/ports.js';

const PERMISSIONS = {
  FULL_CONTROL: 'fullControl',
  READ: 'read',
  READ_ACP: 'readAcp',
  WRITE_ACP: 'writeAcp',
} as const satisfies Record<string, keyof Grants>;

/** An ACL as the `x-amz-grant-*` headers of a write say it. An object's ACL has no permission WRITE. */
export function grantsOf({ Grants: granted = [] }: Pick<GetObjectAclCommandOutput, 'Grants'>): Grants {
  const grants: Partial<Record<keyof Grants, string[]>> = {};
  for (const { Grantee: grantee, Permission } of granted) {
    const name = PERMISSIONS[Permission as keyof typeof PERMISSIONS];
    const who = grantee && nameOf(grantee);
    if (name !== undefined && who !== undefined) (grants[name] ??= []).push(who);
  }
  return grants;
}

function nameOf({ ID, URI, EmailAddress }: Grantee): string | undefined {
  if (ID !== undefined) return `id="${ID}"`;
  if (URI !== undefined) return `uri="${URI}"`;
  return EmailAddress === undefined ? undefined : `emailAddress="${EmailAddress}"`;
}
