import { readXml } from '../../http/xml-reader.js';
import { digestedBody } from '../digested-body.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** Kept as it was sent; nothing is served. */
export const putBucketWebsite: Operation = async (call) => {
  bucketOf(call);
  const text = await digestedBody(call);
  const document = readXml(text);
  const names = document?.children.map((child) => child.name) ?? [];
  if (document?.name !== 'WebsiteConfiguration' || !STARTS.some((name) => names.includes(name)))
    throw new S3Error('MalformedXML');
  bucketOf(call).website = text;
  return { status: 200 };
};

/** What a website has to say: where it begins, or where else it is. */
const STARTS = ['IndexDocument', 'RedirectAllRequestsTo'];

export const getBucketWebsite: Operation = (call) => {
  const { website, name } = bucketOf(call);
  if (website === undefined) throw new S3Error('NoSuchWebsiteConfiguration', { BucketName: name });
  return { status: 200, body: website };
};

export const deleteBucketWebsite: Operation = (call) => {
  bucketOf(call).website = undefined;
  return { status: 204 };
};
