import { text } from 'node:stream/consumers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { S3OwnPrefix } from '../../adapters/s3/own-prefix.js';
import { createS3Client } from '../../adapters/s3/client.js';
import { useEngine } from '../support/engine.js';
import { useAnswers } from './scripted-s3.js';

const PREFIX = 'a/s3-backfill-selftest/20260201-060708-ab12/';
const scripted = useAnswers();
const engine = useEngine();
const own = () => new S3OwnPrefix(scripted().client, { bucket: 'copies' }, PREFIX);

interface Version {
  key: string;
  id: string;
  isMarker?: boolean;
}

/** A bucket with versioning on, as far as sweeping goes; answers what is left in it. */
function versioned(versions: Version[], denied = new Set<string>()): () => string[] {
  let kept = versions;
  scripted().answer((response, request) => {
    if (request.method === 'GET') return void response.end(listing(kept, request));
    void text(request).then((body) => {
      const named = new Set(
        [...body.matchAll(/<Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId>/g)].map(([, , id = '']) => id),
      );
      kept = kept.filter(({ id }) => !named.has(id) || denied.has(id));
      const errors = versions
        .filter(({ id }) => named.has(id) && denied.has(id))
        .map(({ key, id }) => `<Error><Key>${key}</Key><VersionId>${id}</VersionId><Code>AccessDenied</Code></Error>`);
      response.end(`<DeleteResult>${errors.join('')}</DeleteResult>`);
    });
  });
  return () => kept.map(({ id }) => id);
}

function listing(versions: Version[], { url = '' }: IncomingMessage): string {
  const prefix = new URL(url, 'http://s3').searchParams.get('prefix') ?? '';
  const entries = versions
    .filter(({ key }) => key.startsWith(prefix))
    .map(({ key, id, isMarker }) => {
      const name = isMarker ? 'DeleteMarker' : 'Version';
      return `<${name}><Key>${encodeURIComponent(key)}</Key><VersionId>${id}</VersionId></${name}>`;
    });
  return `<ListVersionsResult><EncodingType>url</EncodingType>${entries.join('')}</ListVersionsResult>`;
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(`<Error><Code>${code}</Code><Message>Refused</Message></Error>`);
}

describe('What is ours under a prefix', () => {
  it('is swept with every version and delete marker, and nothing beside it', async () => {
    const left = versioned([
      { key: `${PREFIX}a b+ü`, id: 'v1' },
      { key: `${PREFIX}a b+ü`, id: 'v2', isMarker: true },
      { key: 'a/s3-backfill-selftest/other', id: 'theirs' },
    ]);
    expect(await own().sweep()).toEqual([]);
    expect(left()).toEqual(['theirs']);
  });

  it('is named where it could not be removed', async () => {
    versioned(
      [
        { key: `${PREFIX}locked`, id: 'v1' },
        { key: `${PREFIX}free`, id: 'v2' },
      ],
      new Set(['v1']),
    );
    expect(await own().sweep()).toEqual([{ address: `s3://copies/${PREFIX}locked (version v1)`, why: 'AccessDenied' }]);
  });

  it('is left alone where a listing shows something else', async () => {
    const entry = '<Version><Key>other/key</Key><VersionId>v1</VersionId></Version>';
    const methods: string[] = [];
    scripted().answer((response, { method = '' }) => {
      methods.push(method);
      response.end(`<ListVersionsResult>${entry}</ListVersionsResult>`);
    });
    expect(await own().sweep()).toEqual([
      { address: `s3://copies/${PREFIX}`, why: expect.stringContaining('other/key, which is not under') },
    ]);
    expect(methods).toEqual(['GET']);
  });

  it('is removed as far as it shows where versions may not be listed, which is said', async () => {
    let isThere = true;
    scripted().answer((response, { method, url = '' }) => {
      if (method === 'GET' && url.includes('versions')) return refuse(response, 403, 'AccessDenied');
      if (method === 'GET')
        return void response.end(
          `<ListBucketResult>${isThere ? `<Contents><Key>${PREFIX}a</Key></Contents>` : ''}</ListBucketResult>`,
        );
      isThere = false;
      response.end('<DeleteResult/>');
    });
    expect(await own().sweep()).toEqual([
      { address: `s3://copies/${PREFIX}`, why: expect.stringContaining('earlier versions may be left') },
    ]);
    expect(isThere).toBe(false);
  });

  it('is swept too on a server that knows no versions', async () => {
    scripted().answer((response, { url = '' }) => {
      if (url.includes('versions')) return refuse(response, 501, 'NotImplemented');
      response.end('<ListBucketResult/>');
    });
    expect(await own().sweep()).toEqual([]);
  });

  it('is nothing where the bucket is not there', async () => {
    scripted().answer((response) => refuse(response, 404, 'NoSuchBucket'));
    expect(await own().sweep()).toEqual([]);
  });

  it.each(['', 'photos/', 'runs/', 's3-backfill-selftest/', 'manifests/selftest-', `${PREFIX}..`])(
    'is never "%s"',
    (prefix) => {
      expect(() => new S3OwnPrefix(scripted().client, { bucket: 'copies' }, prefix)).toThrow('expected a prefix of');
    },
  );

  it('comes back as it was written, with all that an object carries', async () => {
    const { s3 } = engine().engine;
    s3.createBucket('own-prefix');
    const prefix = new S3OwnPrefix(createS3Client(engine().engine, 1), { bucket: 'own-prefix' }, PREFIX);
    const object = {
      name: '=1+1 ü.csv',
      body: Buffer.from('x'),
      contentType: 'text/csv',
      metadata: { a: 'b c' },
      tags: { 'a b': 'c+d/e=f' },
    };
    await prefix.put(object);
    expect(await prefix.read(object.name)).toEqual({ ...object, isReplica: false });
    expect((await prefix.list()).map(({ key }) => key)).toEqual([PREFIX + object.name]);
    expect(await prefix.read('nothing')).toBeUndefined();
  });
});
