import { describe, expect, it } from '@jest/globals';
import { pair } from '../../contracts/pair.js';
import { parseRequest } from '../../core/prepare/parse-request.js';

const REQUEST = {
  source: { bucket: 'photos', prefix: 'in/' },
  destination: { bucket: 'photos-replica' },
  manifest: { list: true },
  engine: 'batch-replication',
};
const PAIR = {
  name: 'photos',
  source: { bucket: 'photos', prefix: 'in/' },
  destination: { bucket: 'photos-replica' },
  inventory: { bucket: 'inventories', configId: 'every-object' },
  copy: { engine: 'batch-replication' },
};

describe('A request for S3 Batch Replication', () => {
  it('may be of a prefix that is kept', () => {
    const kept = { ...REQUEST, destination: { bucket: 'photos-replica', prefix: 'in/' } };
    for (const request of [REQUEST, kept]) expect(parseRequest(request).engine).toBe('batch-replication');
  });

  it.each<[string, object, RegExp]>([
    ['another prefix', { destination: { bucket: 'b-b', prefix: 'out/' } }, /^destination\.prefix: .* replicas keep/],
    [
      'a class',
      { destination: { bucket: 'b-b', storageClass: 'GLACIER_IR' } },
      /^destination\.storageClass: .* rule says/,
    ],
    ['older versions', { versions: 'all' }, /^versions: .* nothing proves the order/],
    ['restores', { archived: 'restore' }, /^archived: .* restored or not/],
    ['ACLs', { acl: 'copy' }, /^acl: .* who owns replicas/],
  ])('is refused %s, which it does not do', (_, more, message) => {
    const request = { ...REQUEST, ...more };
    expect(() => parseRequest(request)).toThrow(
      expect.objectContaining({ name: 'InvalidRequest', message: expect.stringMatching(message) }),
    );
    expect(parseRequest({ ...request, engine: 'copy' }).engine).toBe('copy');
  });
});

describe('A pair for S3 Batch Replication', () => {
  it('is one whose keys are kept', () => {
    expect(pair.safeParse(PAIR).success).toBe(true);
  });

  it.each<[string, object, string]>([
    ['another prefix', { destination: { bucket: 'photos-replica', prefix: 'out/' } }, 'destination.prefix'],
    ['older versions', { copy: { engine: 'batch-replication', versions: 'all' } }, 'copy.versions'],
    [
      'a role of the source, which is somebody else’s',
      {
        source: { bucket: 'photos', prefix: 'in/', roleArn: 'arn:aws:iam::222222222222:role/reader', externalId: 'id' },
      },
      'source.roleArn',
    ],
  ])('is refused %s', (_, more, path) => {
    const { error } = pair.safeParse({ ...PAIR, ...more });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
