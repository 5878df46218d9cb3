import { partitionOf } from '../../../contracts/partition.js';
import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { OWNERSHIPS, isBucketName, newBucket, type ObjectOwnership } from '../bucket.js';
import { type Operation, type S3Call, accountOf, bucketOf, header, isoTime } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/** In order of their names. Only a request that asks for pages gets them. */
export const listBuckets: Operation = (call) => {
  const { query, service } = call;
  const [prefix, region, token] = [query.get('prefix'), query.get('bucket-region'), query.get('continuation-token')];
  const maxBuckets = readMaxBuckets(query.get('max-buckets'));
  const after = token ? Buffer.from(token, 'base64url').toString() : '';
  const rest = [...service.buckets.values()]
    .filter((bucket) => accountOf(bucket, service) === call.caller.account)
    .filter(
      ({ name }) => name > after && name.startsWith(prefix ?? '') && (region ?? service.region) === service.region,
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, maxBuckets);
  const buckets = page.map(
    ({ name, createdAt }) =>
      `<Bucket><Name>${name}</Name><CreationDate>${isoTime(createdAt)}</CreationDate><BucketRegion>${service.region}</BucketRegion><BucketArn>arn:${partitionOf(service.region)}:s3:::${name}</BucketArn></Bucket>`,
  );
  const last = rest.length > page.length ? page.at(-1) : undefined;
  return {
    status: 200,
    body: [
      `${XML_DECLARATION}<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
      `<Owner><ID>${service.ownerId}</ID></Owner><Buckets>${buckets.join('')}</Buckets>`,
      element('Prefix', prefix),
      element('ContinuationToken', last && Buffer.from(last.name).toString('base64url')),
      '</ListAllMyBucketsResult>',
    ].join(''),
  };
};

function readMaxBuckets(text: string | undefined): number {
  if (text === undefined) return 10_000;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 10_000) return value;
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: 'max-buckets', ArgumentValue: text },
    'Argument max-buckets must be an integer between 1 and 10000',
  );
}

/** Making a bucket again is refused, except in us-east-1, where it has always been answered like the first time. */
export const createBucket: Operation = async (call) => {
  const { service, bucketName } = call;
  if (!isBucketName(bucketName)) throw new S3Error('InvalidBucketName', { BucketName: bucketName });
  refuseUnsupportedBucket(call);
  const ownership = ownershipOf(call);
  checkLocation(await readLocation(call), service.region);
  const existing = service.buckets.get(bucketName);
  if (existing) {
    if (accountOf(existing, service) !== call.caller.account)
      throw new S3Error('BucketAlreadyExists', { BucketName: bucketName });
    if (service.region !== 'us-east-1') throw new S3Error('BucketAlreadyOwnedByYou', { BucketName: bucketName });
  } else {
    const bucket = newBucket(bucketName, Math.floor(service.clock.now() / 1000) * 1000, ownership);
    if (header(call, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
      bucket.objectLock = {};
      bucket.objects.versioning = 'Enabled';
    }
    const { account } = call.caller;
    service.buckets.set(bucketName, account === service.accountId ? bucket : { ...bucket, accountId: account });
  }
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
  if (!bucket.objects.isEmpty) {
    const more = bucket.objects.versioning === undefined ? '' : '. You must delete all versions in the bucket.';
    throw new S3Error(
      'BucketNotEmpty',
      { BucketName: bucket.name },
      `The bucket you tried to delete is not empty${more}`,
    );
  }
  call.service.buckets.delete(bucket.name);
  return { status: 204 };
};

function refuseUnsupportedBucket(call: S3Call): void {
  const acl = header(call, 'x-amz-acl');
  if (acl !== undefined && acl !== 'private') throw new S3Error('InvalidBucketAclWithObjectOwnership', {});
  for (const name in call.headers)
    if (name.startsWith('x-amz-grant-')) throw new S3Error('InvalidBucketAclWithObjectOwnership', {});
}

/** A bucket that is made with `x-amz-acl: private`, as rclone does, has ACLs on unless it says otherwise. */
function ownershipOf(call: S3Call): ObjectOwnership {
  const asked = header(call, 'x-amz-object-ownership');
  if (asked === undefined)
    return header(call, 'x-amz-acl') === undefined ? 'BucketOwnerEnforced' : 'BucketOwnerPreferred';
  const ownership = OWNERSHIPS.find((each) => each === asked);
  if (ownership) return ownership;
  throw new S3Error('InvalidArgument', { ArgumentName: 'x-amz-object-ownership', ArgumentValue: asked });
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
