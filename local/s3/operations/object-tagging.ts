import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { Body } from '../body.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { compareKeys } from '../ordered-map.js';
import { checkTags } from '../object-description.js';
import { type Operation, type S3Call, bucketOf, objectOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { versionHeader } from '../version-headers.js';

export const getObjectTagging: Operation = (call) => {
  const bucket = bucketOf(call);
  const object = objectOf(call, bucket, undefined, 'changes');
  const set = [...object.description.tags]
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([key, value]) => `<Tag>${element('Key', key)}${element('Value', value)}</Tag>`);
  return {
    status: 200,
    headers: versionHeader(bucket, object),
    body: `${XML_DECLARATION}<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${set.join('')}</TagSet></Tagging>`,
  };
};

export const putObjectTagging: Operation = async (call) => {
  const payload = await call.payload();
  checkedChecksum(call, payload, Body.of(payload.data));
  return { status: 200, headers: replaceTags(call, readTagging(payload.data.toString())) };
};

export const deleteObjectTagging: Operation = (call) => {
  return { status: 204, headers: replaceTags(call, new Map()) };
};

/** Tags change in place: neither ETag nor time of the object do, nor its version. @returns headers that name the version */
function replaceTags(call: S3Call, tags: ReadonlyMap<string, string>) {
  const bucket = bucketOf(call);
  const object = objectOf(call, bucket, undefined, 'changes');
  call.service.replicator.change(bucket, call.key, {
    ...object,
    description: { headers: object.description.headers, tags },
  });
  return versionHeader(bucket, object);
}

function readTagging(text: string): Map<string, string> {
  const document = readXml(text);
  const set = document?.children.find((child) => child.name === 'TagSet');
  if (document?.name !== 'Tagging' || !set) throw new S3Error('MalformedXML');
  const tags = new Map<string, string>();
  for (const [key, value] of set.children.map(readTag)) {
    if (tags.has(key))
      throw new S3Error('InvalidTag', { TagKey: key }, 'Cannot provide multiple Tags with the same key');
    tags.set(key, value);
  }
  checkTags(tags);
  return tags;
}

function readTag(tag: XmlElement): [string, string] {
  const [key, value] = [childText(tag, 'Key'), childText(tag, 'Value')];
  if (tag.name !== 'Tag' || key === undefined || value === undefined) throw new S3Error('MalformedXML');
  return [key, value];
}
