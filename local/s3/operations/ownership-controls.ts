import { childText, readXml } from '../../http/xml-reader.js';
import { OWNERSHIPS, type ObjectOwnership } from '../bucket.js';
import { digestedBody } from '../digested-body.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** Switches a bucket's ACLs on or off; those that its objects have are kept, and count again when they are on again. */
export const putBucketOwnershipControls: Operation = async (call) => {
  bucketOf(call);
  const ownership = readOwnership(await digestedBody(call));
  bucketOf(call).ownership = ownership;
  return { status: 200 };
};

function readOwnership(text: string): ObjectOwnership {
  const document = readXml(text);
  const [rule, ...more] = document?.children.filter((child) => child.name === 'Rule') ?? [];
  const ownership = OWNERSHIPS.find((each) => rule && each === childText(rule, 'ObjectOwnership')?.trim());
  if (document?.name !== 'OwnershipControls' || !ownership || more.length > 0) throw new S3Error('MalformedXML');
  return ownership;
}
