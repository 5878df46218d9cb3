import { FULL_BATCH, liveCosts, liveRequests, type KeyRequests } from '../../bench/model/live.js';
import { otherPrices, prices } from '../../bench/model/prices.js';
import { priceRow } from '../../bench/model/tables.js';
import { sumOf, wayCosts, type Parts, type Way } from '../../bench/model/ways.js';

/** What a way of copying covers, in few words. */
interface Cover {
  name: string;
  old: string;
  new: string;
  deletes: string;
  versions: string;
  metadata: string;
  accounts: string;
  partitions: string;
  delay: string;
  proof: string;
  takeItWhen: string;
}

const ways: Readonly<Record<Way, Cover>> = {
  replication: {
    name: '`live: "replication"`: S3 Replication (CRR, SRR)',
    old: 'no',
    new: 'yes',
    deletes: 'markers, if asked',
    versions: 'yes, same ids',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'no',
    delay: 'minutes, mostly',
    proof: 'a status an object',
    takeItWhen: 'only what is new counts, and both buckets are versioned and in one partition',
  },
  timeControl: {
    name: 'the same with Replication Time Control',
    old: 'no',
    new: 'yes',
    deletes: 'markers, if asked, in no set time',
    versions: 'yes, same ids',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'no',
    delay: '99.99 % in 15 minutes',
    proof: 'a status an object, metrics, an SLA',
    takeItWhen: 'somebody is owed those 15 minutes',
  },
  batchReplication: {
    name: 'S3 Batch Replication, by itself or as `engine: "batch-replication"`',
    old: 'yes',
    new: 'no',
    deletes: 'markers, as the rule has it',
    versions: 'yes, same ids',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'no',
    delay: 'a job',
    proof: 'a line a version in its report',
    takeItWhen: 'version ids have to stay, and a replication rule is there',
  },
  batchCopy: {
    name: 'S3 Batch Operations, Copy',
    old: 'yes, to 5 GB',
    new: 'no',
    deletes: 'no',
    versions: 'those listed, in no order',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'no',
    delay: 'a job',
    proof: 'a line an object in its report',
    takeItWhen: 'a list of objects gets another class, key or owner',
  },
  events: {
    name: '`live: "events"`',
    old: 'no',
    new: 'yes',
    deletes: 'if asked',
    versions: 'the newest',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'destination only',
    delay: 'seconds, and the time of the copy',
    proof: 'S3’s answer on file for each key',
    takeItWhen:
      'S3 Replication cannot: to another partition or server, no versioning, deletes, objects that are replicas',
  },
  backfill: {
    name: 'a run of the backfill',
    old: 'yes',
    new: 'until its inventory',
    deletes: 'markers, with all versions',
    versions: 'if asked',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'yes',
    delay: 'a run',
    proof: 'evidence for each object; counts that add up',
    takeItWhen: 'there are objects from before; it has to be proved; what is there already is many',
  },
  dataSync: {
    name: 'DataSync (Enhanced mode)',
    old: 'yes',
    new: 'its next run',
    deletes: 'if asked',
    versions: 'the newest',
    metadata: 'yes',
    accounts: 'yes',
    partitions: 'not S3 to S3',
    delay: 'its next run',
    proof: 'checksums of what it transferred',
    takeItWhen: 'one side is a file server, on premises or another cloud',
  },
  rclone: {
    name: 'rclone, with `--checksum`',
    old: 'yes',
    new: 'its next run',
    deletes: 'as `sync`',
    versions: 'the newest',
    metadata: 'to 4.7 GiB',
    accounts: 'yes',
    partitions: 'through your machine',
    delay: 'its next run',
    proof: 'size and MD5, where ETags are one',
    takeItWhen: 'another cloud, your own disk, now and then, up to a few million objects',
  },
  sync: {
    name: '`aws s3 sync`',
    old: 'yes',
    new: 'its next run',
    deletes: 'if asked',
    versions: 'the newest',
    metadata: 'version 2; version 1 to 8 MiB',
    accounts: 'by one key',
    partitions: 'no',
    delay: 'its next run',
    proof: 'none: it looks at size and time',
    takeItWhen: 'once, up to about 100,000 objects, and nobody asks for proof',
  },
};

/** Which way of copying does what, as a Markdown table. */
export function wayTable(): string {
  return table(
    [
      '',
      'take it when',
      'old objects',
      'new ones',
      'deletes',
      'versions',
      'metadata, tags',
      'other accounts',
      'other partitions',
      '$ a million objects',
      '$ a TB: Region · other Region · other partition',
      'delay',
      'proof',
    ],
    entries().map(([way, of]) => {
      const { copied, inRegion, acrossRegions, acrossPartitions } = wayCosts[way];
      return [
        of.name,
        of.takeItWhen,
        of.old,
        of.new,
        of.deletes,
        of.versions,
        of.metadata,
        of.accounts,
        of.partitions,
        dollars(copied),
        [inRegion, acrossRegions, acrossPartitions].map(dollars).join(' · '),
        of.delay,
        of.proof,
      ];
    }),
  );
}

/** What those costs are made of. */
export function wayCostTable(): string {
  return table(
    [
      '',
      '$ a million objects copied',
      '',
      '$ a million found there',
      '$ a TB within the Region',
      'to another Region',
      'to another partition',
    ],
    entries().map(([way, { name }]) => {
      const { copied, there, inRegion, acrossRegions, acrossPartitions } = wayCosts[way];
      return [
        name,
        dollars(copied),
        copied.map(([part, usd]) => `${part} ${usd.toFixed(2)}`).join(', '),
        dollars(there),
        ...[inRegion, acrossRegions, acrossPartitions].map(dollars),
      ];
    }),
  );
}

/** What an event costs, by what became of it and how busy it is. */
export function liveCostTable(): string {
  const { copied, echo } = liveRequests;
  const busy = liveCosts(copied, FULL_BATCH);
  const row = (name: string, requests: KeyRequests, batch: number) => {
    const parts = liveCosts(requests, batch);
    return [name, dollars(parts), ...parts.map(([, usd]) => usd.toFixed(2))];
  };
  const bothWays = (name: string, batch: number) => {
    const own = liveCosts(copied, batch);
    const more = new Map(liveCosts(echo, batch));
    const parts = own.map(([part, usd]): Parts[number] => [part, usd + (more.get(part) ?? 0)]);
    return [name, dollars(parts), ...parts.map(([, usd]) => usd.toFixed(2))];
  };
  return table(
    ['$ a million events', 'all', ...busy.map(([part]) => part)],
    [
      row('copied, a hundred in a call', copied, FULL_BATCH),
      row('nothing to do, a hundred in a call', echo, FULL_BATCH),
      row('copied, each in a call of its own', copied, 1),
      row('nothing to do, each in a call of its own', echo, 1),
      bothWays('copied and its event of the other side, a hundred in a call', FULL_BATCH),
      bothWays('copied and its event of the other side, each in a call of its own', 1),
    ],
  );
}

/** The prices that they are computed from. */
export function wayPriceTable(): string {
  const listed = [...Object.values(otherPrices), ...Object.values(prices)];
  return table(['$', 'per', 'as of', 'source'], listed.map(priceRow));
}

function entries(): [Way, Cover][] {
  return Object.entries(ways) as [Way, Cover][];
}

function dollars(parts: Parts | undefined): string {
  if (!parts) return '–';
  return parts.length === 0 ? '0' : sumOf(parts).toFixed(2);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
