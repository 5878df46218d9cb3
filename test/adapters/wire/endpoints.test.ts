import {
  CopyObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { Connections, type SentRequest, type WireAnswer } from '../../../adapters/s3/wire/connections.js';
import { Wire } from '../../../adapters/s3/wire/wire.js';

const AWAY = 'not sent: there is no network in this test';
const KEY = 'a/../b//c d';
const KEY_SENT = 'a/../b//c%20d';

interface Sent {
  url: string;
  host: string | undefined;
  scope: string | undefined;
}

/** Connections that lead nowhere, and remember. */
class Noted extends Connections {
  readonly sent: Sent[] = [];
  answer: Partial<WireAnswer> = {};

  override send(origin: string, { path, headers }: SentRequest): Promise<WireAnswer> {
    this.sent.push({ url: origin + path, host: headers['host'], scope: scopeOf(headers['authorization']) });
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.alloc(0), ...this.answer });
  }
}

describe('Where a bucket is, and who it is signed for, is as the SDK has it', () => {
  it.each<[string, string, S3ClientConfig]>([
    ['a bucket', 'photos', {}],
    ['a bucket in us-east-1', 'photos', { region: 'us-east-1' }],
    ['us-east-1 by its global endpoint', 'photos', { region: 'us-east-1', useGlobalEndpoint: true }],
    ['the Region of all', 'photos', { region: 'aws-global' }],
    ['a dotted name', 'photos.example.com', {}],
    ['a name with capitals and underscores, of long ago', 'Old_Photos', { region: 'us-east-1' }],
    ['path style', 'photos', { forcePathStyle: true }],
    ['dual stack', 'photos', { useDualstackEndpoint: true }],
    ['dual stack, a dotted name', 'photos.example.com', { useDualstackEndpoint: true }],
    ['FIPS', 'photos', { region: 'us-west-2', useFipsEndpoint: true }],
    ['FIPS and dual stack', 'photos', { region: 'us-gov-west-1', useFipsEndpoint: true, useDualstackEndpoint: true }],
    ['acceleration', 'photos', { useAccelerateEndpoint: true }],
    ['China', 'photos', { region: 'cn-north-1' }],
    ['China, dual stack', 'photos', { region: 'cn-northwest-1', useDualstackEndpoint: true }],
    ['GovCloud', 'photos', { region: 'us-gov-east-1' }],
    ['a Region that is in no list', 'photos', { region: 'mars-north-7' }],
    ['an isolated partition', 'photos', { region: 'us-iso-east-1' }],
    ['an access point', 'arn:aws:s3:us-west-2:123456789012:accesspoint/mine', { region: 'us-west-2' }],
    [
      'an access point in another Region than the client’s',
      'arn:aws:s3:us-west-2:123456789012:accesspoint/mine',
      { region: 'eu-central-1', useArnRegion: true },
    ],
    ['an access point in China', 'arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/mine', { region: 'cn-north-1' }],
    ['an alias of an access point', 'mine-abcdefghijklmnopqrstuvwxyz01234567-s3alias', { region: 'us-west-2' }],
    [
      'an access point of Object Lambda',
      'arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/mine',
      { region: 'us-west-2' },
    ],
    ['an endpoint', 'photos', { endpoint: 'https://s3.example.com', forcePathStyle: true }],
    ['an endpoint with a port', 'photos', { endpoint: 'http://127.0.0.1:9000', forcePathStyle: true }],
    ['an endpoint with the usual port', 'photos', { endpoint: 'https://s3.example.com:443', forcePathStyle: true }],
    ['an endpoint with a path', 'photos', { endpoint: 'https://s3.example.com/base', forcePathStyle: true }],
    ['an endpoint with a path that ends', 'photos', { endpoint: 'https://s3.example.com/base/', forcePathStyle: true }],
    ['an endpoint that has buckets as hosts', 'photos', { endpoint: 'https://s3.example.com' }],
    ['an endpoint that is an address', 'photos', { endpoint: 'http://[::1]:9000' }],
  ])('%s', async (_, bucket, settings) => {
    const { wire, connections, client, sentBySdk } = withoutNetwork(bucket, settings);
    for (const [request, command] of [
      [{ method: 'HEAD', key: KEY }, new HeadObjectCommand({ Bucket: bucket, Key: KEY })],
      [{ method: 'PUT', key: KEY }, new CopyObjectCommand({ Bucket: bucket, Key: KEY, CopySource: 'a/b' })],
      [{ method: 'GET' }, new ListObjectsV2Command({ Bucket: bucket })],
    ] as const) {
      await wire.ask({ query: [], headers: {}, ...request });
      await client.send(command as HeadObjectCommand).catch(() => {});
      expect(connections.sent.at(-1)?.url).toContain(request.method === 'GET' ? '://' : KEY_SENT);
    }
    expect(connections.sent).toHaveLength(3);
    expect(connections.sent).toEqual(sentBySdk);
  });

  it.each<[string, string, S3ClientConfig]>([
    ['a directory bucket (S3 Express has sessions)', 'fast--use1-az4--x-s3', { region: 'us-east-1' }],
    ['a multi-region access point (version 4A)', 'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap', {}],
    [
      'an access point for Outposts (version 4A)',
      'arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/mine',
      { region: 'us-west-2' },
    ],
    ['an ARN that is none', 'arn:aws:s3:us-west-2:123456789012:accesspoint/', {}],
    ['another partition than the client’s', 'arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/mine', {}],
    ['acceleration of a dotted name', 'photos.example.com', { useAccelerateEndpoint: true }],
    ['a Region that is no host', 'photos', { region: 'not a region' }],
    ['no Region at all', 'photos', { region: noRegion }],
  ])('or the SDK is asked: %s', async (_, bucket, settings) => {
    const { wire, connections } = withoutNetwork(bucket, settings);
    expect(await wire.ask({ method: 'HEAD', key: KEY, query: [], headers: {} })).toBeUndefined();
    expect(connections.sent).toEqual([]);
  });

  it('is looked for again, where it could not be found', async () => {
    let calls = 0;
    const region = () => (calls++ === 0 ? noRegion() : Promise.resolve('eu-west-1'));
    const { wire, connections } = withoutNetwork('photos', { region });
    const ask = () => wire.ask({ method: 'GET', query: [], headers: {} });
    expect(await ask()).toBeUndefined();
    expect(await ask()).toMatchObject({ status: 200 });
    expect(connections.sent).toMatchObject([{ host: 'photos.s3.eu-west-1.amazonaws.com' }]);
  });
});

describe('A bucket in another Region', () => {
  const moved = (status: number, region: string) => ({ status, headers: { 'x-amz-bucket-region': region } });

  it.each([301, 400])('is gone to at once from then on: %d', async (status) => {
    expect(await hostsAfter(moved(status, 'eu-west-3'))).toEqual([
      'photos.s3.eu-central-1.amazonaws.com',
      'photos.s3.eu-west-3.amazonaws.com',
    ]);
  });

  it.each([
    ['the same Region', moved(400, 'eu-central-1')],
    ['no redirect', moved(403, 'eu-west-3')],
    ['an answer', moved(200, 'eu-west-3')],
    ['a name that is no Region', moved(301, 'evil.example.com/')],
    ['two Regions', { status: 301, headers: { 'x-amz-bucket-region': ['eu-west-1', 'eu-west-3'] } }],
  ])('is not believed in otherwise: %s', async (_, answer) => {
    const hosts = await hostsAfter(answer);
    expect(hosts.every((host) => host === 'photos.s3.eu-central-1.amazonaws.com')).toBe(true);
  });

  it('is left to the SDK, where redirects are not followed', async () => {
    const hosts = await hostsAfter(moved(301, 'eu-west-3'), { followRegionRedirects: false });
    expect(hosts).toEqual(['photos.s3.eu-central-1.amazonaws.com', 'photos.s3.eu-central-1.amazonaws.com']);
  });

  async function hostsAfter(answer: Partial<WireAnswer>, settings: S3ClientConfig = {}): Promise<unknown[]> {
    const { wire, connections } = withoutNetwork('photos', { followRegionRedirects: true, ...settings });
    connections.answer = answer;
    for (let tries = 0; tries < 2; tries += 1) await wire.ask({ method: 'GET', query: [], headers: {} });
    return connections.sent.map(({ host }) => host);
  }
});

function withoutNetwork(bucket: string, settings: S3ClientConfig) {
  const sentBySdk: Sent[] = [];
  const client = new S3Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: {
      handle: ({ protocol, hostname, port, path, headers }: HttpRequestLike) => {
        const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
        sentBySdk.push({
          url: new URL(origin).origin + path,
          host: headers['host'],
          scope: scopeOf(headers['authorization']),
        });
        return Promise.reject(new Error(AWAY));
      },
    },
    ...settings,
  });
  const connections = new Noted({ most: 1, connectTimeoutMs: 1, silenceMs: 1, longest: 1 });
  return { wire: new Wire(client, bucket, connections), connections, client, sentBySdk };
}

function noRegion(): Promise<string> {
  return Promise.reject(new Error('Region is missing'));
}

interface HttpRequestLike {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
}

/** `20260131/eu-central-1/s3/aws4_request`, without its day. */
function scopeOf(authorization: string | undefined): string | undefined {
  return /Credential=[^/]*\/\d{8}\/([^,]*),/.exec(authorization ?? '')?.[1];
}
