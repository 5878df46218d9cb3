import Pool from 'undici/lib/dispatcher/pool.js';

/** What a server answered, whatever it is. Header names are in lower case. */
export interface WireAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface SentRequest {
  method: 'GET' | 'HEAD' | 'PUT';
  /** With the query. Sent as it is: object paths hold `..` and `//`. */
  path: string;
  headers: Record<string, string>;
}

interface ConnectionOptions {
  /** At most this many to one host. */
  most: number;
  connectTimeoutMs: number;
  /** For the beginning of an answer, and for each further piece of it. */
  silenceMs: number;
  /** Of an answer, in bytes: one that goes on has no end. */
  longest: number;
}

/** Connections that are kept open, by host: to be shared by all that speak to the same ones. */
export class Connections {
  readonly #pools = new Map<string, Pool>();

  constructor(private readonly options: ConnectionOptions) {}

  /** Sends a request without a body and takes the whole answer. Rejects where none came, or not all of it. */
  send(origin: string, request: SentRequest): Promise<WireAnswer> {
    const pool = this.#pool(origin);
    return new Promise((resolve, reject) => {
      let status = 0;
      let headers: WireAnswer['headers'] = {};
      const pieces: Buffer[] = [];
      // undici would close a connection after each HEAD, for servers that send a body there.
      pool.dispatch(
        { ...request, reset: false },
        {
          onRequestStart() {},
          onResponseStart(_controller, statusCode, answered) {
            status = statusCode;
            headers = trimmed(answered);
          },
          onResponseData(_controller, piece) {
            pieces.push(piece);
          },
          onResponseEnd() {
            const [first] = pieces;
            resolve({ status, headers, body: pieces.length === 1 && first ? first : Buffer.concat(pieces) });
          },
          onResponseError(_controller, error) {
            reject(error);
          },
        },
      );
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    const { most, connectTimeoutMs, silenceMs, longest } = this.options;
    const pool = new Pool(origin, {
      connections: most,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      maxResponseSize: longest,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** undici leaves the space behind a value. */
function trimmed(headers: Record<string, string | string[] | undefined>): WireAnswer['headers'] {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) headers[name] = value.map(trimEnd);
    else if (value !== undefined && ENDS_IN_SPACE.test(value)) headers[name] = trimEnd(value);
  }
  return headers;
}

const ENDS_IN_SPACE = /[ \t]$/;

function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && ' \t'.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(0, end);
}
