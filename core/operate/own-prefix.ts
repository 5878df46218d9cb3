import type { ObjectState } from '../ports.js';

/** An object as the self-test writes it and expects to find it again. */
export interface OwnObject {
  /** Below the prefix. */
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** Names in lowercase, as S3 gives them back. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Something that could not be removed, and why. */
export interface LeftOver {
  readonly address: string;
  readonly why: string;
}

const MOST_NAMED = 5;

/** What is left, in words for people. */
export function leftWords(left: readonly LeftOver[]): string {
  const named = left.slice(0, MOST_NAMED).map(({ address, why }) => `${address} (${why})`);
  return `${named.join(', ')}${left.length > named.length ? `, and ${left.length - named.length} more` : ''}`;
}

/** All that lies under one prefix that is ours: names are below it, so that nothing else can be meant. Errors are StorageError. */
export interface OwnPrefix {
  readonly bucket: string;
  /** Ends in `/`, or in `-` where it is the beginning of several folders' names. */
  readonly prefix: string;
  put(object: Pick<OwnObject, 'name' | 'body'> & Partial<OwnObject>): Promise<void>;
  list(): Promise<ObjectState[]>;
  /** `isReplica`: S3's live replication brought it. */
  read(name: string): Promise<(OwnObject & { readonly isReplica: boolean }) | undefined>;
  /** Removes everything, each version and delete marker; answers what it could not. */
  sweep(): Promise<LeftOver[]>;
}
