import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { PUBLIC_ACCESS, type PublicAccessBlock } from '../bucket.js';
import { digestedBody } from '../digested-body.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** Only `BlockPublicAcls` changes what happens: nobody without a key reads here, and policies are not the engine's. */
export const getPublicAccessBlock: Operation = (call) => {
  const { publicAccessBlock: block, name } = bucketOf(call);
  if (!block) throw new S3Error('NoSuchPublicAccessBlockConfiguration', { BucketName: name });
  const settings = PUBLIC_ACCESS.map((setting) => element(setting, block[setting]));
  return {
    status: 200,
    body: `${XML_DECLARATION}<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${settings.join('')}</PublicAccessBlockConfiguration>`,
  };
};

export const putPublicAccessBlock: Operation = async (call) => {
  bucketOf(call);
  const block = readBlock(await digestedBody(call));
  bucketOf(call).publicAccessBlock = block;
  return { status: 200 };
};

export const deletePublicAccessBlock: Operation = (call) => {
  bucketOf(call).publicAccessBlock = undefined;
  return { status: 204 };
};

/** What is not named is off. */
function readBlock(text: string): PublicAccessBlock {
  const document = readXml(text);
  if (document?.name !== 'PublicAccessBlockConfiguration') throw new S3Error('MalformedXML');
  const settings = PUBLIC_ACCESS.map((setting) => {
    const value = (childText(document, setting) ?? 'false').trim().toLowerCase();
    if (value !== 'true' && value !== 'false') throw new S3Error('MalformedXML');
    return [setting, value === 'true'] as const;
  });
  return Object.fromEntries(settings) as PublicAccessBlock;
}
