import { readXml, childText, type XmlElement } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { Body } from '../body.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { deleteAccesses } from '../access.js';
import { type Operation, bucketOf, header } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';
import { removalRefusal } from '../object-lock.js';
import { judgeDelete } from '../conditions.js';

/** 204 whether or not the object was there; `If-Match` deletes only what is as expected. */
export const deleteObject: Operation = (call) => {
  const bucket = bucketOf(call);
  const versionId = call.query.get('versionId');
  if (versionId !== undefined && versionId !== 'null') {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'versionId', ArgumentValue: versionId },
      'Invalid version id specified',
    );
  }
  for (const name of ['x-amz-if-match-last-modified-time', 'x-amz-if-match-size']) {
    if (header(call, name) !== undefined) throw notImplemented({ header: name });
  }
  const existing = bucket.objects.get(call.key);
  const verdict = judgeDelete(
    call.headers,
    existing && { etag: existing.content.etag, lastModified: existing.lastModified },
  );
  if (verdict.kind === 'missing') throw new S3Error('NoSuchKey', { Key: call.key });
  if (verdict.kind === 'failed') throw new S3Error('PreconditionFailed', { Condition: 'If-Match' });
  // Without a version S3 puts a marker before the object, and removes nothing.
  const refusal = versionId === undefined ? undefined : removalRefusal(call, call.key, existing?.lock);
  if (refusal) throw refusal;
  bucket.objects.delete(call.key);
  return { status: 204 };
};

/** Up to 1,000 keys in one request; each is answered for itself. */
export const deleteObjects: Operation = async (call) => {
  const bucket = bucketOf(call);
  const payload = await call.payload();
  const body = Body.of(payload.data);
  if (!checkedChecksum(call, payload, body) && header(call, 'content-md5') === undefined) {
    throw new S3Error(
      'InvalidRequest',
      {},
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const document = readXml(payload.data.toString());
  const objects = document?.children.filter((child) => child.name === 'Object') ?? [];
  if (document?.name !== 'Delete' || objects.length === 0 || objects.length > MAX_KEYS)
    throw new S3Error('MalformedXML');
  const quiet = childText(document, 'Quiet')?.trim() === 'true';
  const results = objects.map((object) => {
    const key = keyOf(object);
    const versionId = childText(object, 'VersionId');
    if (versionId !== undefined && versionId !== '' && versionId !== 'null') {
      return `<Error>${element('Key', key)}${element('VersionId', versionId)}<Code>NoSuchVersion</Code><Message>The specified version does not exist.</Message></Error>`;
    }
    for (const access of deleteAccesses({ bucket: bucket.name, key }, versionId, childText(object, 'ETag'))) {
      const refusal = call.refusal(access);
      if (refusal)
        return `<Error>${element('Key', key)}<Code>AccessDenied</Code>${element('Message', refusal.message)}</Error>`;
    }
    const failure = refuseDelete(object, bucket.objects.get(key)?.content.etag);
    if (failure !== undefined) return `<Error>${element('Key', key)}${failure}</Error>`;
    const held = versionId ? removalRefusal(call, key, bucket.objects.get(key)?.lock) : undefined;
    if (held)
      return `<Error>${element('Key', key)}${element('VersionId', versionId)}<Code>AccessDenied</Code>${element('Message', held.message)}</Error>`;
    bucket.objects.delete(key);
    return quiet ? '' : `<Deleted>${element('Key', key)}${element('VersionId', versionId)}</Deleted>`;
  });
  return {
    status: 200,
    body: `${XML_DECLARATION}<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${results.join('')}</DeleteResult>`,
  };
};

const MAX_KEYS = 1000;

function keyOf(object: XmlElement): string {
  const key = childText(object, 'Key');
  if (key === undefined || key === '') throw new S3Error('MalformedXML');
  return key;
}

/** `<ETag>` in an entry is the entry's `If-Match`. */
function refuseDelete(object: XmlElement, existing: string | undefined): string | undefined {
  for (const name of ['LastModifiedTime', 'Size'])
    if (childText(object, name) !== undefined) throw notImplemented({ parameter: name });
  const wanted = childText(object, 'ETag');
  if (wanted === undefined) return undefined;
  const verdict = judgeDelete(
    { 'if-match': wanted },
    existing === undefined ? undefined : { etag: existing, lastModified: 0 },
  );
  if (verdict.kind === 'missing') return '<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>';
  return verdict.kind === 'failed'
    ? '<Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message>'
    : undefined;
}
