import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';

/** What a command and all its descendants cost. */
export interface ProcessCost {
  seconds: number;
  cpuSeconds: number;
  /** The most that all of them held at one time, bytes; undefined where there is no /proc. */
  peakBytes: number | undefined;
  stdout: string;
}

interface Command {
  file: string;
  args: readonly string[];
  env: Record<string, string>;
  folder: string;
}

const SAMPLE_MS = 100;
/** Longer than the slowest of those compared takes on a machine that others use too. */
const LONGEST_MS = 240_000;
/** The shell tells what all that it waited for has used: its second line is of its children. */
const TIMED = '"$@"; code=$?; times >&3; exit $code';

/** Runs a command to its end. Throws what it wrote where it did not end well, or not in time. */
export async function runProcess({ file, args, env, folder }: Command): Promise<ProcessCost> {
  const began = performance.now();
  // A process group of its own, so that all that it starts can be ended with it.
  const child = spawn('sh', ['-c', TIMED, 'sh', file, ...args], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exit = once(child, 'exit');
  const end = () => endGroup(child.pid);
  process.once('exit', end);
  const tooLong = setTimeout(end, LONGEST_MS);
  const watch = new TreeWatch(child.pid ?? 0);
  const timer = setInterval(() => watch.look(), SAMPLE_MS);
  try {
    const [stdout = '', stderr = '', times = ''] = await Promise.all(
      [child.stdio[1], child.stdio[2], child.stdio[3]].map((stream) => textOf(stream as NodeJS.ReadableStream)),
    );
    const [code, signal] = (await exit) as [number | null, string | null];
    if (code !== 0) throw new Error(`${file} ended with ${code ?? signal}: ${stderr.slice(-2000)}`);
    const cpuSeconds = Math.max(readTimes(times), watch.cpuSeconds);
    return { seconds: (performance.now() - began) / 1000, cpuSeconds, peakBytes: watch.peakBytes, stdout };
  } finally {
    clearInterval(timer);
    clearTimeout(tooLong);
    process.off('exit', end);
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

/** `0m1.250s 0m0.100s`, user and system, on the second line. */
function readTimes(text: string): number {
  const children = text.split('\n')[1] ?? '';
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** Hundredths of a second, as /proc counts on every Linux of today. */
const TICKS = 100;

/** A process and its descendants, as /proc shows them. A child that nobody waited for is in no other count. */
class TreeWatch {
  peakBytes: number | undefined;
  readonly #cpu = new Map<number, number>();

  constructor(private readonly root: number) {}

  get cpuSeconds(): number {
    return [...this.#cpu.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  look(): void {
    const all = processes();
    const tree = new Set([this.root]);
    for (let before = 0; before < tree.size;) {
      before = tree.size;
      for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid);
    }
    let held = 0;
    for (const { pid, cpuSeconds, bytes } of all) {
      if (!tree.has(pid) || pid === this.root) continue;
      this.#cpu.set(pid, cpuSeconds);
      held += bytes;
    }
    if (all.length > 0) this.peakBytes = Math.max(this.peakBytes ?? 0, held);
  }
}

interface Seen {
  pid: number;
  parent: number;
  cpuSeconds: number;
  bytes: number;
}

function processes(): Seen[] {
  return namesIn('/proc').flatMap((name) => {
    const pid = Number(name);
    if (Number.isNaN(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // Behind the name, which may hold anything: state, parent, …, user and system time (14, 15), …, pages held (24).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [parent, user, system, pages] = [1, 11, 12, 21].map((at) => Number(fields[at])) as [
        number,
        number,
        number,
        number,
      ];
      return [{ pid, parent, cpuSeconds: (user + system) / TICKS, bytes: pages * PAGE }];
    } catch {
      return [];
    }
  });
}

const PAGE = 4096;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
