import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process of its own took for one piece of work, from its beginning to its end: threads of zlib included. */
export interface Taken {
  cpuSeconds: number;
  seconds: number;
  /** Most that the process held, with Node itself. */
  residentMiB: number;
}

/** Longer than ten million rows take. */
const LONGEST_MS = 600_000;

/** Runs `module` in a process of its own, whose `answerParent` does the work. */
export async function inChild(module: string, ...args: string[]): Promise<Taken> {
  const child = fork(new URL(module), ['child', ...args], {
    execArgv: process.execArgv,
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
  const [answer] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [Taken | number | null];
  if (answer === null || typeof answer === 'number')
    throw new Error(`the measured process ended with exit code ${answer}`);
  return answer;
}

/** Does the work and sends what it took. Undefined where this process is no child. */
export async function answerParent(work: (args: string[]) => Promise<void>): Promise<boolean> {
  if (process.argv[2] !== 'child' || !process.send) return false;
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work(process.argv.slice(3));
  const { user, system } = process.cpuUsage(cpu);
  process.send({
    cpuSeconds: (user + system) / 1e6,
    seconds: (performance.now() - began) / 1000,
    residentMiB: process.resourceUsage().maxRSS / 1024,
  } satisfies Taken);
  process.disconnect();
  return true;
}
