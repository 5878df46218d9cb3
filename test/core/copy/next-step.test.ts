import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Run } from '../../../contracts/run.js';
import { nextStep, storageClassOf, type Step } from '../../../core/copy/next-step.js';
import { firstSight, withDestination, withSource, type Sides } from '../../../core/copy/sides.js';
import type { ObjectHead, ObjectState } from '../../../core/ports.js';
import { rowOf, runOf } from '../support/rows.js';

const ROW = rowOf('a');
const LISTED: ObjectState = { key: 'a', size: 9, etag: 'other', lastModified: ROW.lastModified - 1 };
const NEWER = { ...LISTED, lastModified: ROW.lastModified + 1 };
const HEAD: ObjectHead = {
  key: 'a',
  size: ROW.size,
  etag: ROW.etag,
  lastModified: ROW.lastModified,
  storageClass: 'STANDARD',
  etagKind: 'digest',
  checksums: [],
  archive: 'none',
  content: { metadata: {} },
  tagCount: 0,
  lock: {},
};

interface Case {
  row?: Partial<typeof ROW>;
  listed?: ObjectState;
  /** What HEADs have shown. */
  source?: Partial<ObjectHead>;
  destination?: Partial<ObjectHead>;
  request?: Partial<RunRequestInput>;
  run?: Partial<Run>;
  destinationKey?: string;
}

describe('What is done about a row', () => {
  it.each<[string, Case, string]>([
    ['nothing is there', {}, 'send whole'],
    ['an older object is there', { listed: LISTED }, 'send whole'],
    ['the object is there', { listed: { ...LISTED, size: ROW.size, etag: ROW.etag } }, 'identical etag'],
    ['the inventory has no size', { row: { size: undefined as never } }, 'look source'],

    ['a newer object is there: drift is ruled out first', { listed: NEWER }, 'look source'],
    ['a newer object is there, and the source is as it was', { listed: NEWER, source: {} }, 'refuse DestinationNewer'],
    ['a newer object is there, to be replaced', { listed: NEWER, request: { overwrite: 'always' } }, 'send whole'],
    [
      'a newer object is there, and a still newer source',
      { listed: NEWER, source: { etag: 'new', lastModified: NEWER.lastModified + 1 } },
      'send whole',
    ],
    [
      'a newer object is there, which is what the source is now',
      { listed: { ...NEWER, size: 4, etag: 'new' }, source: { size: 4, etag: 'new' } },
      'identical etag',
    ],
    [
      'an object of the same size is there that nothing proves, and proof is asked for: it is copied again',
      {
        row: { encryption: 'SSE-KMS' },
        listed: { ...NEWER, size: ROW.size },
        source: { etagKind: 'opaque' },
        destination: { etag: 'other', lastModified: NEWER.lastModified, etagKind: 'opaque' },
        request: { proof: 'strong' },
      },
      'send whole',
    ],

    ['the source has a key of its owner’s', { row: { encryption: 'SSE-C' } }, 'refuse CustomerKeyNeeded'],
    ['the key is too long there', { destinationKey: `${'é'.repeat(512)}a` }, 'refuse KeyTooLongError'],
    ['the key is as long as S3 takes', { destinationKey: 'é'.repeat(512) }, 'send whole'],

    ['the source came in parts', { row: { etag: 'e-2' } }, 'look parts'],
    ['its archive is known', { source: { archive: 'archived' } }, 'send archived'],
    [
      'its archive is known, to be restored',
      { source: { archive: 'archived' }, request: { archived: 'restore' } },
      'send restore',
    ],

    ['redirects of a website are to come along', { run: { sourceIsWebsite: true } }, 'look source'],
    [
      'redirects of a website are to come along, and seen',
      { run: { sourceIsWebsite: true }, source: {} },
      'send whole',
    ],
    ['Object Lock is to come along', { request: { objectLock: 'copy' } }, 'look source'],
    ['the bytes are streamed', { run: { isInPlace: false } }, 'look source'],
    ['its class is not known', { row: { storageClass: '' } }, 'look source'],
    [
      'its class does not matter',
      { row: { storageClass: '' }, request: { destination: { bucket: 'photos-copy', storageClass: 'GLACIER_IR' } } },
      'send whole',
    ],
  ])('%s', (_, given, expected) => {
    const { sides, row, run } = sidesOf(given);
    expect(wordsOf(nextStep(sides, row, given.destinationKey ?? 'a', run))).toBe(expected);
  });
});

describe('The class of a copy', () => {
  it.each<[string, Case, string | undefined]>([
    ['is its source’s', { row: { storageClass: 'STANDARD_IA' } }, 'STANDARD_IA'],
    ['is its source’s, also of an archive', { row: { storageClass: 'DEEP_ARCHIVE' } }, 'DEEP_ARCHIVE'],
    [
      'is the request’s',
      {
        row: { storageClass: 'STANDARD_IA' },
        request: { destination: { bucket: 'photos-copy', storageClass: 'GLACIER' } },
      },
      'GLACIER',
    ],
    ['is what a HEAD shows', { row: { storageClass: '' }, source: { storageClass: 'ONEZONE_IA' } }, 'ONEZONE_IA'],
    ['is S3’s default where S3 takes no such class for a write', { row: { storageClass: 'OUTPOSTS' } }, undefined],
  ])('%s', (_, given, expected) => {
    const { sides, run } = sidesOf(given);
    expect(storageClassOf(sides, run)).toBe(expected);
  });
});

function sidesOf({ row = {}, listed, source, destination, request, run = {} }: Case) {
  const full = { ...ROW, ...row };
  const whole = runOf('step', request, run);
  let sides: Sides = { ...firstSight(full, listed, whole), onFile: 'none' };
  if (source) sides = withSource(sides, { ...HEAD, ...source }, full);
  if (destination) sides = withDestination(sides, { ...HEAD, ...destination });
  return { sides, row: full, run: whole };
}

function wordsOf(step: Step): string {
  switch (step.kind) {
    case 'look':
      return `look ${step.at}`;
    case 'identical':
      return `identical ${step.evidence}`;
    case 'refuse':
      return `refuse ${step.cause}`;
    case 'send':
      return `send ${step.method.kind}`;
  }
}
