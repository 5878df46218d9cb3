import type { SourceState } from '../../../core/ports.js';
import { decodeListed } from '../listed-key.js';
import { ISO_TIME } from './times.js';

export interface ListedPage {
  objects: SourceState[];
  isTruncated: boolean;
  /** Where the next page begins, of a truncated one. */
  token: string | undefined;
}

/**
 * Reads a page of ListObjectsV2 that was asked for with `encoding-type=url`, in the very form that S3 writes it: elements
 * without attributes, each in one piece, texts that are plain. Undefined at the first thing that is otherwise, where keys
 * look encoded and it does not say that they are, and where an object lacks its key, size, ETag or time: then a reader of
 * XML is called for.
 * @param body UTF-8
 */
export function readListPage(body: Buffer): ListedPage | undefined {
  // What is not ASCII is in no text that is looked at, or makes it not plain.
  return new PageReader(body.toString('latin1')).read();
}

const PROLOG =
  /^(?:<\?xml version="1\.0" encoding="(?:UTF-8|utf-8)"\?>[ \t\r\n]*)?<ListBucketResult(?: xmlns="[^"<>&]*")?>/;
const END = '</ListBucketResult>';
/** As the URL encoding leaves it: nothing that XML writes otherwise. */
const PLAIN_KEY = /^[!#-%'-;=?-~]+$/;
const ETAG = /^(?:&quot;[\w-]+&quot;|"[\w-]+")$/;
const SIZE = /^\d{1,15}$/;
const PLAIN_TEXT = /^[\w !#-%'-;=?@[-^`{-~]*$/;

const USUAL =
  /<Contents><Key>([!#-%'-;=?-~]+)<\/Key><LastModified>([\d:TZ.-]+)<\/LastModified><ETag>&quot;([\w-]+)&quot;<\/ETag>(?:<ChecksumAlgorithm>\w+<\/ChecksumAlgorithm>)*(?:<ChecksumType>\w+<\/ChecksumType>)?<Size>(\d{1,15})<\/Size><StorageClass>(\w+)<\/StorageClass><\/Contents>/y;

class PageReader {
  #at = 0;
  #name = '';
  #value = '';
  /** Whether a key was read otherwise than it is written. */
  #isDecoded = false;

  constructor(private readonly text: string) {}

  read(): ListedPage | undefined {
    const prolog = PROLOG.exec(this.text);
    if (!prolog) return undefined;
    this.#at = prolog[0].length;
    const page: ListedPage = { objects: [], isTruncated: false, token: undefined };
    const seen = new Set<string>();
    let isEncoded = false;
    while (!this.text.startsWith(END, this.#at)) {
      if (this.text.startsWith('<Contents>', this.#at)) {
        const object = this.#readUsualObject() ?? this.#readObject();
        if (!object) return undefined;
        page.objects.push(object);
        continue;
      }
      if (!this.#readElement() || seen.has(this.#name)) return undefined;
      seen.add(this.#name);
      if (this.#name === 'IsTruncated') {
        if (this.#value !== 'true' && this.#value !== 'false') return undefined;
        page.isTruncated = this.#value === 'true';
      } else if (this.#name === 'NextContinuationToken') {
        if (!PLAIN_TEXT.test(this.#value)) return undefined;
        page.token = this.#value;
      } else if (this.#name === 'EncodingType') isEncoded = this.#value === 'url';
    }
    if (this.#isDecoded && !isEncoded) return undefined;
    const isWhole = seen.has('IsTruncated') && this.text.slice(this.#at + END.length).trim() === '';
    return isWhole ? page : undefined;
  }

  /** One in the order in which S3 writes its elements, in a quarter of the time; undefined, and nothing read, for any other. */
  #readUsualObject(): SourceState | undefined {
    USUAL.lastIndex = this.#at;
    const found = USUAL.exec(this.text);
    if (!found) return undefined;
    const [, key = '', time = '', etag = '', size = '', storageClass = ''] = found;
    if (!ISO_TIME.test(time)) return undefined;
    const decoded = decodedOf(key);
    if (decoded === undefined) return undefined;
    this.#at = USUAL.lastIndex;
    this.#isDecoded ||= decoded !== key;
    return { key: decoded, size: Number(size), etag, lastModified: Date.parse(time), storageClass };
  }

  #readObject(): SourceState | undefined {
    this.#at += '<Contents>'.length;
    let key: string | undefined;
    let size: string | undefined;
    let etag: string | undefined;
    let time: string | undefined;
    let storageClass: string | undefined;
    while (!this.text.startsWith('</Contents>', this.#at)) {
      if (!this.#readElement()) return undefined;
      const value = this.#value;
      switch (this.#name) {
        case 'Key':
          if (key !== undefined || !PLAIN_KEY.test(value)) return undefined;
          key = value;
          break;
        case 'Size':
          if (size !== undefined || !SIZE.test(value)) return undefined;
          size = value;
          break;
        case 'ETag':
          if (etag !== undefined || !ETAG.test(value)) return undefined;
          etag = value;
          break;
        case 'LastModified':
          if (time !== undefined || !ISO_TIME.test(value)) return undefined;
          time = value;
          break;
        case 'StorageClass':
          if (storageClass !== undefined || !PLAIN_TEXT.test(value) || value === '') return undefined;
          storageClass = value;
          break;
        case 'ChecksumAlgorithm':
        case 'ChecksumType':
          break;
        default:
          return undefined;
      }
    }
    this.#at += '</Contents>'.length;
    if (key === undefined || size === undefined || etag === undefined || time === undefined) return undefined;
    const decoded = decodedOf(key);
    if (decoded === undefined) return undefined;
    this.#isDecoded ||= decoded !== key;
    const quote = etag.startsWith('"') ? 1 : '&quot;'.length;
    return {
      key: decoded,
      size: Number(size),
      etag: etag.slice(quote, -quote),
      lastModified: Date.parse(time),
      storageClass: storageClass ?? 'STANDARD',
    };
  }

  /** `<Name>value</Name>`, the value without another element in it. Steps behind it. */
  #readElement(): boolean {
    const { text } = this;
    const start = this.#at;
    const open = text.indexOf('>', start);
    if (text.charCodeAt(start) !== LESS || open < 0) return false;
    const end = text.indexOf('<', open);
    const close = end + 2 + open - start - 1;
    const name = text.slice(start + 1, open);
    if (end < 0 || text.charCodeAt(end + 1) !== SLASH || text.charCodeAt(close) !== GREATER) return false;
    if (!text.startsWith(name, end + 2) || !NAME.test(name)) return false;
    this.#name = name;
    this.#value = text.slice(open + 1, end);
    this.#at = close + 1;
    return true;
  }
}

/** Undefined where it is no encoded UTF-8. */
function decodedOf(key: string): string | undefined {
  try {
    return decodeListed(key, 'url');
  } catch {
    return undefined;
  }
}

const NAME = /^[A-Za-z]\w*$/;
const LESS = '<'.charCodeAt(0);
const SLASH = '/'.charCodeAt(0);
const GREATER = '>'.charCodeAt(0);
