import { createHash } from 'node:crypto';
import { XML_DECLARATION, element } from '../../local/http/xml.js';
import { judgeCopySource, judgeDelete, judgeWrite } from '../../local/s3/conditions.js';
import { readCopySource } from '../../local/s3/copy-source.js';
import { OrderedMap } from '../../local/s3/ordered-map.js';
import type { HttpAnswer, HttpRequest } from './http.js';
import { listObjects, listObjectsV2, readQuery, type Query } from './list.js';

/** An object. Without a body it reads as so many zeros. */
export interface Stored {
  size: number;
  /** Without quotes. */
  etag: string;
  /** Milliseconds since the epoch, whole seconds. */
  lastModified: number;
  body?: Buffer;
  /** Lines of headers that come back as they were given: content type, user metadata. */
  headers: string;
}

/** Requests by bucket and, within it, by AWS's name of the operation. */
export type Requests = Record<string, Record<string, number>>;

/** A call whose path is read. */
interface Call {
  request: HttpRequest;
  query: Query;
  bucketName: string;
  key: string;
}

/**
 * An S3 that costs next to nothing: in memory, no signatures, no versions, no faults. What it answers, it answers in S3's own
 * form; what it does not know is 501. Conditions and the order of keys are the embedded S3's.
 */
export class BareS3 {
  readonly buckets = new Map<string, OrderedMap<Stored>>();
  #requests = new Map<string, Map<string, number>>();

  /** The requests since the last time that this was asked. */
  takeRequests(): Requests {
    const taken = Object.fromEntries(
      Array.from(this.#requests, ([bucket, operations]) => [bucket, Object.fromEntries(operations)]),
    );
    this.#requests = new Map();
    return taken;
  }

  bucket(name: string): OrderedMap<Stored> {
    const bucket = this.buckets.get(name) ?? new OrderedMap<Stored>();
    this.buckets.set(name, bucket);
    return bucket;
  }

  readonly answer = (request: HttpRequest): HttpAnswer => {
    const call = readCall(request);
    if (!call) return error(request, 400, 'InvalidURI', "Couldn't parse the specified URI.");
    const operation = operationOf(call);
    this.#count(call.bucketName, operation);
    if (operation === 'CreateBucket') {
      this.bucket(call.bucketName);
      return { status: 200, headers: `${common()}Location: /${call.bucketName}\r\n` };
    }
    const bucket = this.buckets.get(call.bucketName);
    if (!bucket) return noSuch(request, 'NoSuchBucket', call.bucketName);
    try {
      return (this.#operations[operation] ?? notImplemented)(call, bucket);
    } catch (thrown) {
      return error(request, 400, 'InvalidArgument', String(thrown));
    }
  };

  readonly #operations: Record<string, (call: Call, bucket: OrderedMap<Stored>) => HttpAnswer> = {
    HeadBucket: () => ({ status: 200, headers: `${common()}x-amz-bucket-region: ${REGION}\r\n` }),
    GetBucketLocation: () => document(`<LocationConstraint xmlns="${NAMESPACE}">${REGION}</LocationConstraint>`),
    GetBucketVersioning: () => document(`<VersioningConfiguration xmlns="${NAMESPACE}"></VersioningConfiguration>`),
    GetBucketEncryption: () =>
      document(
        `<ServerSideEncryptionConfiguration xmlns="${NAMESPACE}"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`,
      ),
    GetBucketWebsite: ({ request }) =>
      error(request, 404, 'NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration'),
    ListObjectsV2: ({ query, bucketName }, bucket) => document(listObjectsV2(query, bucketName, bucket)),
    ListObjects: ({ query, bucketName }, bucket) => document(listObjects(query, bucketName, bucket)),
    HeadObject: ({ key }, bucket) => {
      const object = bucket.get(key);
      if (!object) return { status: 404, headers: `${common()}${XML}` };
      return { status: 200, headers: objectHeaders(object), length: object.size };
    },
    GetObject: ({ request, key }, bucket) => {
      const object = bucket.get(key);
      return object ? read(request, object) : noSuch(request, 'NoSuchKey', key);
    },
    CopyObject: (call, bucket) => this.#copy(call, bucket),
    PutObject: ({ request, key }, bucket) => {
      const refusal = judge(request, bucket.get(key), key);
      if (refusal) return refusal;
      const body = Buffer.from(request.body);
      const etag = createHash('md5').update(body).digest('hex');
      bucket.set(key, { size: body.length, etag, lastModified: now(), body, headers: keptHeaders(request) });
      return { status: 200, headers: `${common()}ETag: "${etag}"\r\n` };
    },
    DeleteObject: ({ request, key }, bucket) => {
      const verdict = judgeDelete(request.headers, bucket.get(key));
      if (verdict.kind === 'missing') return noSuch(request, 'NoSuchKey', key);
      if (verdict.kind === 'failed') return failed(request, 'If-Match');
      bucket.delete(key);
      return { status: 204, headers: common() };
    },
    // Only those who want to see whether they may write begin an upload here.
    CreateMultipartUpload: ({ bucketName, key }) =>
      document(
        `<InitiateMultipartUploadResult xmlns="${NAMESPACE}">${element('Bucket', bucketName)}${element('Key', key)}<UploadId>upload</UploadId></InitiateMultipartUploadResult>`,
      ),
    AbortMultipartUpload: () => ({ status: 204, headers: common() }),
  };

  #copy({ request, key }: Call, bucket: OrderedMap<Stored>): HttpAnswer {
    const at = readCopySource(request.headers['x-amz-copy-source'] ?? '');
    const source = this.buckets.get(at.bucketName)?.get(at.key);
    if (!source) return noSuch(request, 'NoSuchKey', at.key);
    const verdict = judgeCopySource(request.headers, source, Date.now());
    if (verdict.kind === 'failed') return failed(request, verdict.condition);
    const refusal = judge(request, bucket.get(key), key);
    if (refusal) return refusal;
    const headers = request.headers['x-amz-metadata-directive'] === 'REPLACE' ? keptHeaders(request) : source.headers;
    const lastModified = now();
    bucket.set(key, { ...source, lastModified, headers });
    return document(
      `<CopyObjectResult xmlns="${NAMESPACE}"><LastModified>${isoSecond(lastModified)}</LastModified><ETag>&quot;${source.etag}&quot;</ETag><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></CopyObjectResult>`,
    );
  }

  #count(bucket: string, operation: string): void {
    const operations = this.#requests.get(bucket) ?? new Map<string, number>();
    this.#requests.set(bucket, operations);
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
  }
}

const REGION = 'us-east-1';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const XML = 'Content-Type: application/xml\r\n';

function readCall(request: HttpRequest): Call | undefined {
  try {
    const slash = request.path.indexOf('/', 1);
    const bucketName = request.path.slice(1, slash < 0 ? undefined : slash);
    const key = slash < 0 ? '' : decodeURIComponent(request.path.slice(slash + 1));
    return { request, query: readQuery(request.query), bucketName, key };
  } catch {
    return undefined;
  }
}

/** Settings of a bucket that are asked for, by their query. */
const SETTINGS: Record<string, string> = {
  location: 'GetBucketLocation',
  versioning: 'GetBucketVersioning',
  encryption: 'GetBucketEncryption',
  website: 'GetBucketWebsite',
};

function operationOf({ request: { method, headers }, query, key }: Call): string {
  if (key === '') return bucketOperationOf(method, query);
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId')) return method === 'DELETE' ? 'AbortMultipartUpload' : 'UploadPart';
  if (['acl', 'tagging', 'retention', 'attributes'].some((name) => query.has(name))) return 'OtherOfObject';
  if (method === 'PUT') return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
  return OBJECT_OPERATIONS[method] ?? 'OtherOfObject';
}

const OBJECT_OPERATIONS: Record<string, string> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

function bucketOperationOf(method: string, query: Query): string {
  if (method === 'HEAD') return 'HeadBucket';
  if (method === 'PUT' && query.size === 0) return 'CreateBucket';
  if (method !== 'GET') return 'OtherOfBucket';
  if (query.get('list-type') === '2') return 'ListObjectsV2';
  for (const name of query.keys()) {
    const setting = SETTINGS[name];
    if (setting !== undefined) return setting;
  }
  return ['uploads', 'versions', 'acl', 'policy'].some((name) => query.has(name)) ? 'OtherOfBucket' : 'ListObjects';
}

/** Undefined where the request's conditions on what is there hold. */
function judge(request: HttpRequest, existing: Stored | undefined, key: string): HttpAnswer | undefined {
  const verdict = judgeWrite(request.headers, existing);
  switch (verdict.kind) {
    case 'holds':
      return undefined;
    case 'failed':
      return failed(request, verdict.condition);
    case 'missing':
      return noSuch(request, 'NoSuchKey', key);
    case 'unsupported':
      return error(request, 501, 'NotImplemented', verdict.message);
  }
}

/** All of an object, or a range of it that has a beginning. */
function read(request: HttpRequest, object: Stored): HttpAnswer {
  const body = object.body ?? Buffer.alloc(object.size);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '');
  if (!range) return { status: 200, headers: objectHeaders(object), body };
  const start = Number(range[1]);
  const end = range[2] ? Math.min(Number(range[2]) + 1, body.length) : body.length;
  if (start >= body.length) return error(request, 416, 'InvalidRange', 'The requested range is not satisfiable');
  const contentRange = `Content-Range: bytes ${start}-${end - 1}/${body.length}\r\n`;
  return { status: 206, headers: objectHeaders(object) + contentRange, body: body.subarray(start, end) };
}

function objectHeaders({ lastModified, etag, headers }: Stored): string {
  return `${common()}Last-Modified: ${httpTime(lastModified)}\r\nETag: "${etag}"\r\nx-amz-server-side-encryption: AES256\r\nAccept-Ranges: bytes\r\n${headers}`;
}

function keptHeaders({ headers }: HttpRequest): string {
  let lines = `Content-Type: ${headers['content-type'] ?? 'binary/octet-stream'}\r\n`;
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-amz-meta-')) lines += `${name}: ${value}\r\n`;
  return lines;
}

const document = (xml: string): HttpAnswer => ({ status: 200, headers: common() + XML, body: XML_DECLARATION + xml });

function error(request: HttpRequest, status: number, code: string, message: string, more = ''): HttpAnswer {
  const body = `${XML_DECLARATION}<Error>${element('Code', code)}${element('Message', message)}${more}<RequestId>${REQUEST_ID}</RequestId><HostId>${HOST_ID}</HostId></Error>`;
  return { status, headers: common() + XML, ...(request.method === 'HEAD' ? { length: 0 } : { body }) };
}

function noSuch(request: HttpRequest, code: 'NoSuchKey' | 'NoSuchBucket', name: string): HttpAnswer {
  return code === 'NoSuchKey'
    ? error(request, 404, code, 'The specified key does not exist.', element('Key', name))
    : error(request, 404, code, 'The specified bucket does not exist', element('BucketName', name));
}

const failed = (request: HttpRequest, condition: string) =>
  error(
    request,
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    element('Condition', condition),
  );

const notImplemented = ({ request }: Call) =>
  error(request, 501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');

const REQUEST_ID = 'TX234S0F24A06C7E';
const HOST_ID = 'Ha0Jt6yNBVqFQwXLrXKPZ7rqGqj0Jt6yNBVqFQwXLrXKPZ7rqGqk4NWLk0DWFfZlz1A=';
let second = 0;
let lines = '';

/** What every answer begins with, made once a second. */
function common(): string {
  const today = Math.floor(Date.now() / 1000);
  if (today !== second) {
    second = today;
    lines = `x-amz-id-2: ${HOST_ID}\r\nx-amz-request-id: ${REQUEST_ID}\r\nDate: ${httpTime(today * 1000)}\r\nServer: AmazonS3\r\n`;
  }
  return lines;
}

let iso = { at: 0, text: '' };

/** Many answers in a row are of the same second. */
function isoSecond(milliseconds: number): string {
  if (iso.at !== milliseconds) iso = { at: milliseconds, text: new Date(milliseconds).toISOString() };
  return iso.text;
}

const now = () => Math.floor(Date.now() / 1000) * 1000;
const httpTime = (milliseconds: number) => new Date(milliseconds).toUTCString();
