import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { runRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../../core/errors.js';
import { parseRequest } from '../../core/prepare/parse-request.js';

const FIELDS = [...Object.keys(runRequest.shape), '__proto__', 'constructor', 'toString', 'unknown'];
const LEAST = {
  source: { bucket: 'photos' },
  destination: { bucket: 'photos-copy' },
  manifest: 's3://inventories/photos/all/2026-01-31T00-00Z/manifest.json',
};

describe('The input of an execution, whatever it is', () => {
  it('is a request or refused by name, in a sentence', () => {
    const changed = fc
      .array(fc.tuple(fc.constantFrom(...FIELDS), fc.oneof(fc.jsonValue(), fc.anything())), { maxLength: 4 })
      .map((changes) => ({ ...LEAST, ...Object.fromEntries(changes) }));
    fc.assert(
      fc.property(fc.oneof(changed, fc.jsonValue(), fc.anything()), (input) => {
        try {
          const request = parseRequest(input);
          expect(runRequest.parse(request)).toEqual(request);
        } catch (error) {
          expect(error).toBeInstanceOf(BackfillError);
          expect((error as Error).name).toMatch(/^(InvalidRequest|SourceIsDestination)$/);
          expect((error as Error).message).toMatch(/^\S.*\.$/s);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('is refused where one bucket would be copied onto itself, and nowhere else', () => {
    const prefix = fc.option(fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 }), { nil: undefined });
    fc.assert(
      fc.property(prefix, prefix, fc.boolean(), (from, to, isSame) => {
        const location = (bucket: string, prefix: string | undefined) =>
          prefix === undefined ? { bucket } : { bucket, prefix };
        const input = {
          ...LEAST,
          source: location('photos', from),
          destination: location(isSame ? 'photos' : 'other', to),
        };
        const [here, there] = [from ?? '', to ?? from ?? ''];
        const overlap = isSame && (here.startsWith(there) || there.startsWith(here));
        const parsing = () => parseRequest(input);
        if (overlap) expect(parsing).toThrow(expect.objectContaining({ name: 'SourceIsDestination' }));
        else expect(parsing).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
