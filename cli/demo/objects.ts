import { seededRandom } from '../../local/seeded-random.js';

/** Keys that break tools: each shows up once in the demonstration, whatever its size. */
export const AWKWARD_KEYS = [
  'with space/and more.txt',
  'plus+sign/a+b=c.txt',
  'percent/100%/%41%2F.txt',
  'unicode/Zażółć gęślą jaźń.txt',
  'beyond the BMP/🪣/𝔘𝔫𝔦𝔠𝔬𝔡𝔢.txt',
  'private use/\uE000\uFFFD before the buckets.txt',
  'new\nline/in\r\nkey.txt',
  'dots/../up/./here.txt',
  'slashes//two///three.txt',
  '/leading/slash.txt',
  'folder/',
  'quote"and\'apostrophe.txt',
  'query?and#hash&amp;.txt',
  'formula/=1+1.csv',
  '-dash.txt',
  'tab\tand\u0007bell.txt',
  'line separator\u2028inside.txt',
  '<xml>&entity;.txt',
  `long/${'k'.repeat(1018)}x`,
];

export interface DemoObject {
  key: string;
  body: Buffer;
  /** Sent in this many parts, so that its ETag is no MD5. */
  parts?: number;
}

const FOLDERS = [
  'photos/2023',
  'photos/2024',
  'photos/2025',
  'invoices',
  'logs/app',
  'logs/web',
  'backups',
  'thumbnails',
];
const LARGEST_BYTES = 2_048;

/** The same objects every time: awkward keys first, then ordinary ones of 0 to 2,048 bytes over a few folders. */
export function* demoObjects(count: number): Generator<DemoObject> {
  const next = seededRandom(20_261_120);
  for (let index = 0; index < count; index++) {
    const awkward = AWKWARD_KEYS[index];
    const folder = FOLDERS[index % FOLDERS.length] ?? 'other';
    const key = awkward ?? `${folder}/${String(index).padStart(9, '0')}.bin`;
    // One in twenty is empty, as folder markers and lock files are.
    const size = index % 20 === 7 ? 0 : Math.floor(next() * LARGEST_BYTES);
    yield { key, body: Buffer.alloc(size, `${index} `), ...(index % 250 === 60 && size > 1 ? { parts: 2 } : {}) };
  }
}
