import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { pair as pairSchema, type PairBounds } from '../../contracts/pair.js';
import { runRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../../core/errors.js';
import { destinationKey } from '../../core/keys.js';
import { scopeOf } from '../../core/prepare/pair-bounds.js';
import { parseRequest } from '../../core/prepare/parse-request.js';

const WORK = 'work-bucket';
/** Few letters, so that prefixes often begin with one another. */
const text = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', '/', '😀'), maxLength });
const bucket = fc.constantFrom('photos', 'photos-copy', 'inventories', WORK, 'secrets');
const prefix = fc.option(text(4), { nil: undefined });
const side = fc
  .tuple(bucket, prefix)
  .map(([bucket, prefix]) => ({ bucket, ...(prefix === undefined ? {} : { prefix }) }));

/** Any pair that may be deployed. */
const bounds = fc
  .record({
    source: side,
    destination: side,
    inventory: fc.record({
      bucket,
      prefix: fc.constantFrom('', 'daily', 'a/b'),
      configId: fc.constantFrom('all', 'a'),
    }),
  })
  .filter((sides) => pairSchema.safeParse({ name: 'photos', ...sides }).success)
  .map((sides): PairBounds => ({ ...sides, maxConcurrency: 50 }));

/** What a person may put in place of a field: near to what the pair has, or anything at all. */
const odd = fc.oneof({ weight: 1, arbitrary: fc.jsonValue() }, { weight: 1, arbitrary: fc.anything() });
/** Mostly of the pair's own bucket and under its prefix: what is likely to be accepted. */
const locationIn = (own: { bucket: string; prefix?: string | undefined }) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record(
        {
          bucket: fc.oneof({ weight: 4, arbitrary: fc.constant(own.bucket) }, { weight: 1, arbitrary: bucket }),
          prefix: fc.oneof(
            text(4).map((more) => (own.prefix ?? '') + more),
            text(6),
          ),
          storageClass: fc.constant('GLACIER'),
        },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: fc.record({ bucket, prefix: odd }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: odd },
  );
/** Folders that a manifest may lie in: the pair's, ours, and what looks like them. */
const folderNear = ({ source, inventory }: PairBounds) =>
  fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: fc.constant(inventory.bucket) }, { weight: 2, arbitrary: bucket }),
      fc.oneof(fc.constant(inventory.prefix), fc.constantFrom('', 'daily', 'manifests', 'runs/r')),
      fc.oneof({ weight: 3, arbitrary: fc.constant(source.bucket) }, { weight: 1, arbitrary: bucket }),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(inventory.configId) },
        { weight: 1, arbitrary: fc.constant('all2') },
      ),
    )
    .map(([home, prefix, of, id]) => `s3://${home}/${prefix === '' ? '' : `${prefix}/`}${of}/${id}/`);
const manifestOf = (pair: PairBounds) =>
  fc.oneof(
    { weight: 4, arbitrary: folderNear(pair).map((latest) => ({ latest })) },
    { weight: 4, arbitrary: folderNear(pair).map((folder) => `${folder}2026-01-31T00-00Z/manifest.json`) },
    { weight: 2, arbitrary: folderNear(pair).map((folder) => ({ csv: `${folder}list.csv` })) },
    { weight: 1, arbitrary: odd },
  );
const pairAndManifest = bounds.chain((pair) => fc.tuple(fc.constant(pair), manifestOf(pair)));
const overrideOf = (pair: PairBounds) =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record(
        {
          source: locationIn(pair.source).map(withoutStorageClass),
          destination: locationIn({ prefix: pair.source.prefix, ...pair.destination }),
          dryRun: fc.boolean(),
          include: fc.constant(['*']),
        },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: odd },
  );
const pairAndOverride = bounds.chain((pair) => fc.tuple(fc.constant(pair), overrideOf(pair)));

describe('No request, whatever it says, has a run read or write outside of its pair', () => {
  it('it is refused by name, or its objects and their copies lie in the pair’s buckets under the pair’s prefixes', () => {
    let accepted = 0;
    fc.assert(
      fc.property(pairAndOverride, text(4), ([pair, input], rest) => {
        const request = accept(input, pair);
        if (!request) return;
        accepted += 1;
        const { source, destination } = request;
        expect([source.bucket, destination.bucket]).toEqual([pair.source.bucket, pair.destination.bucket]);
        const key = (source.prefix ?? '') + rest;
        expect(key.startsWith(pair.source.prefix ?? '')).toBe(true);
        expect(destinationKey(key, request)).toBe(destinationKey(key, pair));
        // Nor does it copy what it has copied.
        if (source.bucket === destination.bucket)
          expect(destinationKey(key, request).startsWith(source.prefix ?? '')).toBe(false);
      }),
      { numRuns: 2_500 },
    );
    // Else all of this would be said of nothing.
    expect(accepted).toBeGreaterThan(300);
  });

  it('its inventory is one of the pair’s, or one of ours', () => {
    let accepted = 0;
    fc.assert(
      fc.property(pairAndManifest, ([pair, asked]) => {
        const request = accept({ manifest: asked }, pair);
        if (!request) return;
        accepted += 1;
        const { prefix, configId, bucket } = pair.inventory;
        const own = ['s3:/', bucket, ...(prefix === '' ? [] : [prefix]), pair.source.bucket, configId, ''].join('/');
        const { manifest } = request;
        const found =
          typeof manifest === 'string'
            ? manifest
            : 'latest' in manifest
              ? manifest.latest
              : 'csv' in manifest
                ? manifest.csv
                : own;
        expect(found.startsWith(own) || found.startsWith(`s3://${WORK}/manifests/`)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('a part of it is copied to where a run of the whole pair would copy it', () => {
    fc.assert(
      fc.property(bounds, text(4), text(4), (pair, part, rest) => {
        const whole = accept({}, pair);
        const narrowed = accept({ source: { prefix: (pair.source.prefix ?? '') + part } }, pair);
        const key = (pair.source.prefix ?? '') + part + rest;
        expect(whole && scopeOf(whole, pair)).toBe('pair');
        expect(narrowed && destinationKey(key, narrowed)).toBe(whole && destinationKey(key, whole));
      }),
      { numRuns: 500 },
    );
  });
});

/** The request, or undefined where it is refused by one of the names that a refusal has. */
function accept(input: unknown, pair: PairBounds) {
  try {
    const request = parseRequest(input, pair, WORK);
    expect(runRequest.parse(request)).toEqual(request);
    return request;
  } catch (error) {
    expect(error).toBeInstanceOf(BackfillError);
    expect((error as Error).name).toMatch(/^(InvalidRequest|OutsidePair|SourceIsDestination)$/);
    return undefined;
  }
}

/** A source has none; with one, every request would be refused for that alone. */
function withoutStorageClass(location: unknown): unknown {
  if (typeof location !== 'object' || location === null || !('storageClass' in location)) return location;
  const { storageClass: _, ...rest } = location;
  return rest;
}
