import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import type { Connections, SentRequest, WireAnswer } from './connections.js';
import { canonicalQuery, Signer, type Signable } from './signature.js';
import { encodePath } from './uri.js';

/** A request about the bucket, or about one of its objects, without a body. */
export interface WireRequest {
  method: SentRequest['method'];
  /** Undefined for the bucket. */
  key?: string;
  query: Signable['query'];
  /** By names in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** Where a bucket is, and how requests to it are signed. */
interface Place {
  origin: string;
  host: string;
  /** Before the key: empty, or `/bucket`. */
  path: string;
  region: string;
  signer: Signer;
}

/** All that a header may hold; Node refuses line ends, and what is not ASCII would be sent otherwise than it is signed. */
const PRINTABLE = /^[\x20-\x7e]*$/;
const USER_AGENT = 's3-backfill';

/**
 * One bucket, spoken to without the SDK's layers, for the calls that are made once an object or once a page. The SDK still
 * says where the bucket is, who asks and how wrong our clock is; it is asked in place of this for whatever it knows better.
 */
export class Wire {
  #place: Promise<Place | undefined> | undefined;

  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly connections: Connections,
  ) {}

  /**
   * The server's answer, whatever its status. Undefined where only the SDK can ask: another signature than version 4 is
   * called for, or a header is not plain. Throws what kept an answer from coming.
   */
  async ask(request: WireRequest): Promise<WireAnswer | undefined> {
    const place = await (this.#place ??= this.#find());
    if (!place) return undefined;
    const { config } = this.client;
    const path = `${place.path}/${encodePath(request.key ?? '')}`;
    const { method, query } = request;
    const signable = { method, path, query, headers: { ...request.headers, host: place.host } };
    const credentials = await config.credentials();
    const headers = place.signer.sign(signable, credentials, Date.now() + config.systemClockOffset);
    if (!Object.values(headers).every((value) => PRINTABLE.test(value))) return undefined;
    headers['user-agent'] = USER_AGENT;
    const sent = { method, path: query.length === 0 ? path : `${path}?${canonicalQuery(query)}`, headers };
    const answer = await this.connections.send(place.origin, sent);
    this.#heed(place, answer);
    return answer;
  }

  /** The SDK follows a bucket to its Region call by call; from then on we go there at once. */
  #heed(place: Place, { status, headers }: WireAnswer): void {
    const region = headers['x-amz-bucket-region'];
    if ((status !== 301 && status !== 400) || typeof region !== 'string') return;
    if (region === place.region || !this.client.config.followRegionRedirects) return;
    this.#place = this.#find(region);
  }

  /** Undefined where only the SDK can speak to the bucket, or say why nobody can: it may be able to, by the next call. */
  async #find(region?: string): Promise<Place | undefined> {
    try {
      return await this.#resolve(region);
    } catch {
      this.#place = undefined;
      return undefined;
    }
  }

  async #resolve(region?: string): Promise<Place | undefined> {
    const { config } = this.client;
    const at = region === undefined ? config : { ...config, region: () => Promise.resolve(region) };
    const { url, properties, headers } = await getEndpointFromInstructions(
      { Bucket: this.bucket },
      ListObjectsV2Command,
      at,
    );
    const [scheme] = (properties?.['authSchemes'] ?? []) as {
      name: string;
      signingName?: string;
      signingRegion?: string;
    }[];
    if (scheme?.name !== 'sigv4' || scheme.signingRegion === undefined || Object.keys(headers ?? {}).length > 0)
      return undefined;
    return {
      origin: url.origin,
      host: url.host,
      region: scheme.signingRegion,
      path: url.pathname.replace(/\/$/, ''),
      signer: new Signer(scheme.signingRegion, scheme.signingName),
    };
  }
}
