import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION } from '../../http/xml.js';
import { isBucketName, newBucket } from '../bucket.js';
import { compareKeys } from '../ordered-map.js';
import { type Operation, type S3Call, bucketOf, header, isoTime } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

export const listBuckets: Operation = (call) => {
  for (const name of ['max-buckets', 'continuation-token', 'prefix', 'bucket-region']) {
    if (call.query.has(name)) throw notImplemented({ parameter: name });
  }
  const buckets = [...call.service.buckets.values()]
    .sort((a, b) => compareKeys(a.name, b.name))
    .map(
      (bucket) =>
        `<Bucket><Name>${bucket.name}</Name><CreationDate>${isoTime(bucket.createdAt)}</CreationDate></Bucket>`,
    );
  return xml(
    'ListAllMyBucketsResult',
    `<Owner><ID>${call.service.ownerId}</ID></Owner><Buckets>${buckets.join('')}</Buckets>`,
  );
};

/** Making a bucket again is refused, except in us-east-1, where it has always been answered like the first time. */
export const createBucket: Operation = async (call) => {
  const { service, bucketName } = call;
  if (!isBucketName(bucketName)) throw new S3Error('InvalidBucketName', { BucketName: bucketName });
  refuseUnsupportedBucket(call);
  checkLocation(await readLocation(call), service.region);
  if (service.buckets.has(bucketName)) {
    if (service.region !== 'us-east-1') throw new S3Error('BucketAlreadyOwnedByYou', { BucketName: bucketName });
  } else service.buckets.set(bucketName, newBucket(bucketName, Math.floor(service.clock.now() / 1000) * 1000));
  return { status: 200, headers: [['location', `/${bucketName}`]] };
};

export const headBucket: Operation = (call) => {
  bucketOf(call);
  return {
    status: 200,
    headers: [
      ['x-amz-bucket-region', call.service.region],
      ['x-amz-access-point-alias', 'false'],
      ['content-type', 'application/xml'],
    ],
  };
};

export const deleteBucket: Operation = (call) => {
  const bucket = bucketOf(call);
  if (bucket.objects.size > 0) throw new S3Error('BucketNotEmpty', { BucketName: bucket.name });
  call.service.buckets.delete(bucket.name);
  return { status: 204 };
};

/** us-east-1 is written as no location at all. */
export const getBucketLocation: Operation = (call) => {
  bucketOf(call);
  const region = call.service.region === 'us-east-1' ? '' : call.service.region;
  return xml('LocationConstraint', region);
};

/** SSE-S3, the default of every bucket since 2023. */
export const getBucketEncryption: Operation = (call) => {
  bucketOf(call);
  return xml(
    'ServerSideEncryptionConfiguration',
    '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>',
  );
};

/** Never switched on: an empty answer. */
export const getBucketVersioning: Operation = (call) => {
  bucketOf(call);
  return xml('VersioningConfiguration', '');
};

function xml(root: string, content: string) {
  return {
    status: 200,
    body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
  };
}

function refuseUnsupportedBucket(call: S3Call): void {
  if (header(call, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true')
    throw notImplemented({ header: 'x-amz-bucket-object-lock-enabled' });
  const ownership = header(call, 'x-amz-object-ownership');
  if (ownership !== undefined && ownership !== 'BucketOwnerEnforced')
    throw notImplemented({ header: `x-amz-object-ownership: ${ownership}` });
  const acl = header(call, 'x-amz-acl');
  if (acl !== undefined && acl !== 'private') throw new S3Error('InvalidBucketAclWithObjectOwnership', {});
  for (const name in call.headers)
    if (name.startsWith('x-amz-grant-')) throw new S3Error('InvalidBucketAclWithObjectOwnership', {});
}

async function readLocation(call: S3Call): Promise<string | undefined> {
  if (!Number(header(call, 'content-length') ?? 0) && header(call, 'transfer-encoding') === undefined) return undefined;
  const { data } = await call.payload();
  const document = readXml(data.toString());
  if (document?.name !== 'CreateBucketConfiguration') throw new S3Error('MalformedXML');
  for (const name of ['Location', 'Bucket', 'Tags'])
    if (document.children.some((child) => child.name === name)) throw notImplemented({ parameter: name });
  return childText(document, 'LocationConstraint')?.trim();
}

function checkLocation(location: string | undefined, region: string): void {
  if (location === undefined || location === '') {
    if (region !== 'us-east-1') throw new S3Error('IllegalLocationConstraintException');
  } else if (location === 'us-east-1') {
    throw new S3Error('InvalidLocationConstraint', { LocationConstraint: location });
  } else if (location !== region) {
    throw new S3Error(
      'IllegalLocationConstraintException',
      {},
      `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
}
