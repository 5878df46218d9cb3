import { describe, expect, it } from '@jest/globals';
import { matchVersions, type Match } from '../../../core/copy/match-versions.js';
import type { VersionState } from '../../../core/ports.js';

describe('The versions of a key at the destination', () => {
  it.each([
    // | a beginning of the source's, also nothing, also all of it | the rest is copied on top |
    ['abc', '', 'beginning 0'],
    ['abc', 'a', 'beginning 1'],
    ['abc', 'abc', 'beginning 3'],
    ['aab', 'aa', 'beginning 2'],
    ['', '', 'beginning 0'],

    // | ends with all of the source's | nothing is to be done |
    ['bc', 'abc', 'end 1'],
    ['c', 'abc', 'end 2'],

    // | anything else | `VersionsDiverge` |
    ['abc', 'b', 'diverges at a'],
    ['abc', 'ax', 'diverges at b'],
    ['ab', 'abx', 'diverges at the end'],
    ['bc', 'ab', 'diverges at b'],
    ['abc', 'ba', 'diverges at a'],
    ['', 'a', 'diverges at the end'],

    ['a?', 'ab', 'diverges at ?, unproved'],
  ])('of "%s" are "%s": %s', async (source, destination, expected) => {
    const sequence = await matchVersions(source.split(''), destination.split('').map(stateOf), compare);
    const words = {
      beginning: () => `beginning ${sequence.kind === 'beginning' && sequence.matched}`,
      end: () => `end ${sequence.kind === 'end' && sequence.from}`,
      diverges: () => {
        if (sequence.kind !== 'diverges') return '';
        return `diverges at ${sequence.version ?? 'the end'}${sequence.by === 'unproved' ? ', unproved' : ''}`;
      },
    };
    expect(words[sequence.kind]()).toBe(expected);
  });
});

function compare(version: string, { etag }: VersionState): Promise<Match> {
  return Promise.resolve(version === '?' ? 'unproved' : version === etag ? 'same' : 'other');
}

function stateOf(etag: string): VersionState {
  return { key: 'k', versionId: etag, isDeleteMarker: false, size: 1, etag, lastModified: 0, storageClass: 'STANDARD' };
}
