import { describe, expect, it } from '@jest/globals';
import { parseRequest } from '../../../core/prepare/parse-request.js';

const MANIFEST = 's3://inventories/photos/all/2026-01-31T00-00Z/manifest.json';

describe('Source and destination', () => {
  it.each([
    ['photos', undefined, 'photos', undefined],
    ['photos', '', 'photos', ''],
    ['photos', 'a/', 'photos', 'a/'],
    ['photos', 'a/', 'photos', undefined],
    ['photos', 'a/', 'photos', 'a/b/'],
    ['photos', 'a/b/', 'photos', 'a/'],
    ['photos', undefined, 'photos', 'a/'],
    ['photos', 'a/', 'photos', ''],
    ['photos', 'a', 'photos', 'ab'],
  ])('%s under %j and %s under %j are one and the same', (from, fromPrefix, to, toPrefix) => {
    const parsing = () => parseRequest(requestOf(from, fromPrefix, to, toPrefix));
    expect(parsing).toThrow(expect.objectContaining({ name: 'SourceIsDestination' }));
    expect(parsing).toThrow(/both are in photos, under ".*" and ".*"/);
  });

  it.each([
    ['photos', undefined, 'photos-copy', undefined],
    ['photos', 'a/', 'photos-copy', 'a/'],
    ['photos', 'a/', 'photos', 'b/'],
    ['photos', 'a/', 'photos', 'a2/'],
    ['photos', 'a/b/', 'photos', 'a/c/'],
  ])('%s under %j and %s under %j lie apart', (from, fromPrefix, to, toPrefix) => {
    expect(parseRequest(requestOf(from, fromPrefix, to, toPrefix))).toMatchObject({ maxPasses: 5 });
  });
});

describe('A request that cannot be meant is InvalidRequest, and each wrong field is named', () => {
  it.each<[string, unknown, string[]]>([
    ['no object', 'photos', ['the input: ']],
    ['nothing', undefined, ['the input: ']],
    ['null', null, ['the input: ']],
    ['a list', [], ['the input: ']],
    ['an empty object', {}, ['source: ', 'destination: ', 'manifest: ']],
    ['two wrong fields', { ...requestOf('P', undefined, 'c', undefined) }, ['source.bucket: ', 'destination.bucket: ']],
    ['a field that there is not', { ...requestOf('photos', undefined, 'copy', undefined), prefix: 'a/' }, ['"prefix"']],
  ])('%s', (_, input, paths) => {
    expect(() => parseRequest(input)).toThrow(expect.objectContaining({ name: 'InvalidRequest' }));
    for (const path of paths) expect(() => parseRequest(input)).toThrow(path);
    expect(() => parseRequest(input)).toThrow('The fields of a request are listed in the README.');
  });

  it('does not repeat a value that may be a secret', () => {
    const input = { ...requestOf('photos', undefined, 'copy', undefined), maxPasses: 'AKIAIOSFODNN7EXAMPLE' };
    expect(() => parseRequest(input)).not.toThrow('AKIAIOSFODNN7EXAMPLE');
  });
});

function requestOf(from: string, fromPrefix: string | undefined, to: string, toPrefix: string | undefined) {
  const location = (bucket: string, prefix: string | undefined) =>
    prefix === undefined ? { bucket } : { bucket, prefix };
  return { source: location(from, fromPrefix), destination: location(to, toPrefix), manifest: MANIFEST };
}
