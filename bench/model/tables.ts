import { callOf } from './calls.js';
import { costOf, orchestrationOf, totalOf, type Cost } from './cost.js';
import { prices, type Price } from './prices.js';
import { quotasUsed } from './quotas-used.js';
import { rivalsOf } from './rivals.js';
import { scheduleRun, type SimulatedRun } from './schedule-run.js';
import { timeOf } from './time.js';
import { usageOf } from './usage.js';
import { chunksOf, type Workload } from './workload.js';

/** Cells of a table in Markdown; the first row is its head. */
export interface Table {
  title: string;
  rows: string[][];
}

const SIZES = [1e6, 1e8, 1e9];
const OBJECT_KB = 100;

export function modelTable(): Table {
  const workloads = SIZES.flatMap((objects): Workload[] => [
    { objects, kind: 'copying', concurrency: 8, prefixes: 1 },
    { objects, kind: 'copying', concurrency: 50, prefixes: 1 },
    { objects, kind: 'copying', concurrency: 50, prefixes: 8 },
    ...(objects > 1e6 ? [{ objects, kind: 'copying', concurrency: 1_000, prefixes: 140 } as const] : []),
    { objects, kind: 'reconciling', concurrency: 50, prefixes: 1 },
  ]);
  return {
    title: 'A run by the model, $ per million objects',
    rows: [
      [
        'objects',
        'run',
        'workers',
        'prefixes',
        'hours',
        'bound by',
        ...PARTS.map(([, name]) => name),
        'all',
        'Lambda, Step Functions, table',
      ],
      ...workloads.map((workload) => {
        const time = timeOf(workload);
        const cost = costOf(usageOf(workload, time.lambda), workload);
        const bound = time.phases['CopyChunks']?.bound ?? '';
        return [
          ...nameOf(workload),
          hours(time.seconds),
          bound,
          ...PARTS.map(([part]) => perMillion(cost[part], workload)),
          ...sums(cost, workload),
        ];
      }),
    ],
  };
}

const PARTS: [keyof Cost, string][] = [
  ['lambda', 'Lambda'],
  ['stepFunctions', 'Step Functions'],
  ['table', 'table'],
  ['logs', 'logs, traces'],
  ['s3Requests', 'S3 requests'],
  ['inventory', 'inventory'],
  ['storage', 'files of the run'],
];

export function rivalTable(): Table {
  const rows = (['copying', 'reconciling'] as const).flatMap((kind) =>
    SIZES.flatMap((objects) => {
      const workload = { objects, kind, concurrency: 50, prefixes: 8 };
      const cost = costOf(usageOf(workload, timeOf(workload).lambda), workload);
      const own = orchestrationOf(cost) + cost.logs + cost.storage;
      return [
        [
          count(objects),
          kind,
          's3-backfill',
          perMillion(own, workload),
          perMillion(totalOf(cost) - own, workload),
          perMillion(totalOf(cost), workload),
          'proves every object',
        ],
        ...rivalsOf(workload, OBJECT_KB).map(({ name, service, requests, note }) => [
          count(objects),
          kind,
          name,
          perMillion(service, workload),
          perMillion(requests, workload),
          perMillion(service + requests, workload),
          note,
        ]),
      ];
    }),
  );
  return {
    title: 'Beside AWS’s own services, $ per million objects, transfer between Regions aside',
    rows: [['objects', 'run', 'by', 'itself', 'requests, inventory', 'all', ''], ...rows],
  };
}

export function sensitivityTable(): Table {
  const rows = [150, undefined].flatMap((copiedCpu) =>
    [0.02, 0.05, 0.1, 0.2].map((copySeconds) => {
      const workload: Workload = {
        objects: 1e9,
        kind: 'copying',
        concurrency: 50,
        prefixes: 1_000,
        copySeconds,
        ...(copiedCpu === undefined ? {} : { copiedCpu }),
      };
      const call = callOf('CopyChunk', workload);
      const cost = costOf(usageOf(workload, timeOf(workload).lambda), workload);
      return [
        copiedCpu === undefined ? 'as measured' : `${copiedCpu} µs`,
        `${copySeconds * 1_000} ms`,
        `${call.seconds.toFixed(1)} s`,
        (call.copies / call.seconds).toFixed(0),
        perMillion(cost.lambda, workload),
        sums(cost, workload)[1] ?? '',
      ];
    }),
  );
  return {
    title: 'What latency and CPU make of it: one CopyChunk that nothing holds back',
    rows: [
      [
        'CPU an object',
        'a CopyObject takes',
        'a chunk of 10,000',
        'copies/s of a worker',
        'Lambda, $ per million',
        'Lambda, Step Functions, table',
      ],
      ...rows,
    ],
  };
}

export const SIMULATED: Workload[] = [
  { objects: 1e9, kind: 'copying', concurrency: 8, prefixes: 1 },
  { objects: 1e9, kind: 'copying', concurrency: 50, prefixes: 1 },
  { objects: 1e9, kind: 'copying', concurrency: 50, prefixes: 8 },
  { objects: 1e9, kind: 'copying', concurrency: 1_000, prefixes: 1 },
  { objects: 1e9, kind: 'copying', concurrency: 1_000, prefixes: 140 },
  { objects: 1e9, kind: 'copying', concurrency: 10_000, prefixes: 140 },
  { objects: 1e9, kind: 'reconciling', concurrency: 50, prefixes: 1 },
  { objects: 1e9, kind: 'reconciling', concurrency: 1_000, prefixes: 10 },
  { objects: 20e9, kind: 'copying', concurrency: 50, prefixes: 8 },
  { objects: 20e9, kind: 'copying', concurrency: 1_000, prefixes: 140 },
  { objects: 20e9, kind: 'reconciling', concurrency: 1_000, prefixes: 10 },
];

export interface Simulated {
  workload: Workload;
  run: SimulatedRun;
}

export function simulate(): Simulated[] {
  return SIMULATED.map((workload) => ({ workload, run: scheduleRun(workload) }));
}

export function simulationTable(simulated: readonly Simulated[]): Table {
  return {
    title: 'The same in virtual time',
    rows: [
      [
        'objects',
        'run',
        'workers',
        'prefixes',
        'children',
        'hours',
        'by the model',
        '$ in all',
        '$ per million',
        'Lambda, Step Functions, table',
        'Lambdas at once',
        'refused by Lambda',
        'called again',
        'chunks that failed',
        'passes',
      ],
      ...simulated.map(({ workload, run }) => {
        const cost = costOf(usageOf(workload, run.lambda, run.retries), workload);
        return [
          ...nameOf(workload),
          count(2 * chunksOf(workload)),
          hours(run.seconds),
          hours(timeOf(workload).seconds),
          totalOf(cost).toFixed(0),
          ...sums(cost, workload),
          count(run.mostRunning),
          count(run.throttled),
          count(run.cursors),
          count(run.failedChunks),
          String(run.passes),
        ];
      }),
    ],
  };
}

export function quotaTable({ workload, run }: Simulated): Table {
  const used = quotasUsed(workload, run, usageOf(workload, run.lambda, run.retries));
  return {
    title: `Quotas, ${count(workload.objects)} objects, ${workload.kind}, ${workload.concurrency} workers, ${workload.prefixes} prefixes`,
    rows: [
      ['quota', 'allows', 'used', 'part', 'when it is reached'],
      ...used.map(({ quota, limit, used: taken, kind }) => [
        quota,
        count(limit),
        count(taken),
        `${((100 * taken) / limit).toFixed(1)} %`,
        kind === 'rate' ? 'slower' : 'the run ends',
      ]),
    ],
  };
}

export function priceTable(): Table {
  return {
    title: 'Prices, US East (N. Virginia)',
    rows: [['$', 'per', 'as of', 'source'], ...Object.values(prices).map(priceRow)],
  };
}

/** Of a table of prices. */
export function priceRow({ usd, per, asOf, source }: Price): string[] {
  return [
    usd < 0.001 ? `${Number((usd * 1e6).toPrecision(6))} a million` : String(usd),
    per,
    asOf,
    source === 'known' ? 'known, no source stored here' : source,
  ];
}

export function markdown({ title, rows }: Table): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `**${title}**\n\n${[line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')}\n`;
}

function nameOf({ objects, kind, concurrency, prefixes }: Workload): string[] {
  return [count(objects), kind, count(concurrency), count(prefixes)];
}

function sums(cost: Cost, workload: Workload): string[] {
  return [perMillion(totalOf(cost), workload), perMillion(orchestrationOf(cost), workload)];
}

function perMillion(usd: number, { objects }: Workload): string {
  return ((usd / objects) * 1e6).toFixed(3);
}

function hours(seconds: number): string {
  return (seconds / 3_600).toFixed(2);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
