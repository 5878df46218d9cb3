import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { changeObject } from '../change-object.js';
import { digestedBody } from '../digested-body.js';
import { type ObjectLock, type Retention, retentionRefusal } from '../object-lock.js';
import { isLockMode, missingConfiguration, onOff, readFutureDate } from '../object-lock-headers.js';
import { type Operation, type S3Answer, type S3Call, bucketOf, isoTime, objectOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

export const getObjectRetention: Operation = (call) => {
  const lock = lockOf(call);
  if (lock?.mode === undefined) throw notLocked(call);
  return answer('Retention', element('Mode', lock.mode) + element('RetainUntilDate', isoTime(lock.retainUntil)));
};

/** An empty `<Retention/>` removes it. */
export const putObjectRetention: Operation = async (call) => {
  lockOf(call);
  const retention = readRetention(call, await digestedBody(call));
  changeObject(call, (object) => {
    const refusal = retentionRefusal(call, object.lock, retention);
    if (refusal) throw refusal;
    const hold = object.lock?.legalHold;
    return { ...object, lock: { ...retention, ...(hold !== undefined && { legalHold: hold }) } };
  });
  return { status: 200 };
};

export const getObjectLegalHold: Operation = (call) => {
  const hold = lockOf(call)?.legalHold;
  if (hold === undefined) throw notLocked(call);
  return answer('LegalHold', element('Status', onOff(hold)));
};

export const putObjectLegalHold: Operation = async (call) => {
  lockOf(call);
  const document = readXml(await digestedBody(call));
  const status = document && childText(document, 'Status')?.trim();
  if (document?.name !== 'LegalHold' || (status !== 'ON' && status !== 'OFF')) throw new S3Error('MalformedXML');
  changeObject(call, (object) => ({ ...object, lock: { ...object.lock, legalHold: status === 'ON' } }));
  return { status: 200 };
};

function lockOf(call: S3Call): ObjectLock | undefined {
  const bucket = bucketOf(call);
  if (!bucket.objectLock) throw missingConfiguration();
  return objectOf(call, bucket, undefined, 'changes').lock;
}

const notLocked = (call: S3Call) => new S3Error('NoSuchObjectLockConfiguration', { Key: call.key });

function readRetention(call: S3Call, text: string): Retention | undefined {
  const document = readXml(text);
  if (document?.name !== 'Retention') throw new S3Error('MalformedXML');
  const [mode, until] = ['Mode', 'RetainUntilDate'].map((name) => childText(document, name)?.trim());
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined || !isLockMode(mode)) throw new S3Error('MalformedXML');
  return { mode, retainUntil: readFutureDate(until, 'RetainUntilDate', call.service.clock.now()) };
}

function answer(root: string, content: string): S3Answer {
  return {
    status: 200,
    body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
  };
}
