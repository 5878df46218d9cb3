import { readXml, childText, type XmlElement } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { Body } from '../body.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { deleteAccesses } from '../access.js';
import type { Deletion } from '../delete-version.js';
import { checkVersionId, isVersionId } from '../find-version.js';
import { notifyDeleted } from '../notifications.js';
import { type Operation, bucketOf, header, modificationTime } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';
import type { Bucket } from '../bucket.js';
import { type ObjectLock, removalRefusal } from '../object-lock.js';
import { isDeleteMarker } from '../versioned-objects.js';
import { judgeDelete } from '../conditions.js';

/**
 * 204 whether or not the object was there; `If-Match` deletes only where the current version is as expected. That this is so too where
 * another version is to be deleted is a guess, from S3 saying that conditions are judged on the current one.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export const deleteObject: Operation = (call) => {
  const bucket = bucketOf(call);
  const versionId = call.query.get('versionId');
  if (versionId !== undefined) checkVersionId(bucket.objects, versionId);
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
  // Without a version S3 puts a marker on the object, and removes nothing.
  const refusal =
    versionId === undefined ? undefined : removalRefusal(call, call.key, lockOf(bucket, call.key, versionId));
  if (refusal) throw refusal;
  const deletion = call.service.replicator.delete(bucket, call.key, versionId, modificationTime(call));
  notifyDeleted(call.service, bucket, { key: call.key, deletion }, call);
  return { status: 204, headers: headersOf(deletion) };
};

function headersOf(deletion: Deletion): (readonly [name: string, value: string])[] {
  if (deletion.kind === 'gone') return [];
  const isMarker = deletion.kind === 'marked' || deletion.wasMarker;
  return [...(isMarker ? [['x-amz-delete-marker', 'true'] as const] : []), ['x-amz-version-id', deletion.versionId]];
}

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
    // That an empty one is as good as none is a guess.
    const versionId = childText(object, 'VersionId') || undefined;
    if (versionId !== undefined && !isVersionId(bucket.objects, versionId)) {
      return `<Error>${element('Key', key)}${element('VersionId', versionId)}<Code>NoSuchVersion</Code><Message>The specified version does not exist.</Message></Error>`;
    }
    for (const access of deleteAccesses({ bucket: bucket.name, key }, versionId, childText(object, 'ETag'))) {
      const refusal = call.refusal(access);
      if (refusal)
        return `<Error>${element('Key', key)}<Code>AccessDenied</Code>${element('Message', refusal.message)}</Error>`;
    }
    const failure = refuseDelete(object, bucket.objects.get(key)?.content.etag);
    if (failure !== undefined) return `<Error>${element('Key', key)}${failure}</Error>`;
    const held = versionId ? removalRefusal(call, key, lockOf(bucket, key, versionId)) : undefined;
    if (held)
      return `<Error>${element('Key', key)}${element('VersionId', versionId)}<Code>AccessDenied</Code>${element('Message', held.message)}</Error>`;
    const deletion = call.service.replicator.delete(bucket, key, versionId, modificationTime(call));
    notifyDeleted(call.service, bucket, { key, deletion }, call);
    return quiet
      ? ''
      : `<Deleted>${element('Key', key)}${element('VersionId', versionId)}${markerOf(deletion)}</Deleted>`;
  });
  return {
    status: 200,
    body: `${XML_DECLARATION}<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${results.join('')}</DeleteResult>`,
  };
};

function lockOf(bucket: Bucket, key: string, versionId: string): ObjectLock | undefined {
  const version = bucket.objects.version(key, versionId);
  return version && !isDeleteMarker(version) ? version.lock : undefined;
}

const MAX_KEYS = 1000;

/** The delete marker that was made or taken out. */
function markerOf(deletion: Deletion): string {
  if (deletion.kind === 'gone' || (deletion.kind === 'removed' && !deletion.wasMarker)) return '';
  return `<DeleteMarker>true</DeleteMarker>${element('DeleteMarkerVersionId', deletion.versionId)}`;
}

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
