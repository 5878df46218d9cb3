import { XML_DECLARATION, element } from '../http/xml.js';
import type { AccessControlList, Grantee } from './acl.js';

/** The document of GetObjectAcl and GetBucketAcl. */
export function policyXml(acl: AccessControlList, ownerId: string): string {
  const grants = acl.map(
    ({ grantee, permission }) =>
      `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${grantee.type}">${nameXml(grantee)}</Grantee>${element('Permission', permission)}</Grant>`,
  );
  return `${XML_DECLARATION}<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>${ownerId}</ID></Owner><AccessControlList>${grants.join('')}</AccessControlList></AccessControlPolicy>`;
}

const nameXml = (grantee: Grantee) =>
  grantee.type === 'Group' ? element('URI', grantee.uri) : element('ID', grantee.id);

/**
 * The column of an inventory: JSON in base64.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/objectacl.html
 */
export function inventoryAcl(acl: AccessControlList): string {
  const grants = acl.map(({ grantee, permission }) =>
    grantee.type === 'Group'
      ? { uri: grantee.uri, permission, type: grantee.type }
      : { canonicalId: grantee.id, type: grantee.type, permission },
  );
  return Buffer.from(JSON.stringify({ version: '2022-11-10', status: 'AVAILABLE', grants })).toString('base64');
}
