import { StorageError } from '../../core/errors.js';
import type { Look } from '../../core/operate/doctor/facts.js';
import { storageCall } from './storage-error.js';

/** Looks something up; what S3 refuses is an answer too, under its code. Throws where S3 does not answer. */
export async function look<T>(call: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: 'seen', value: await storageCall(call) };
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    return { kind: 'refused', code: error.code === 'NoSuchBucket' ? 'NotFound' : error.code };
  }
}

/** The same, where S3 says by an error of its own that nothing is set. */
export async function lookOr<T>(absent: string, instead: T, call: () => Promise<T>): Promise<Look<T>> {
  const looked = await look(call);
  return looked.kind === 'refused' && looked.code === absent ? { kind: 'seen', value: instead } : looked;
}
