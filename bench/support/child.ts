import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A question that gets no answer for so long is given up. */
const PATIENCE_MS = 180_000;

/** A module of the benchmark in a process of its own, which answers one question at a time and ends with this process. */
export class Child {
  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {}

  /** Resolves when the module is ready: see `answerParent`. */
  static async start(module: URL, ...args: string[]): Promise<Child> {
    const child = new Child(fork(module, args, { execArgv: process.execArgv }), module.pathname);
    await child.#answer();
    return child;
  }

  async ask(question: unknown): Promise<unknown> {
    this.process.send({ question });
    return this.#answer();
  }

  stop(): void {
    this.process.kill('SIGKILL');
  }

  /** @throws where the process fails, ends, or says nothing */
  async #answer(): Promise<unknown> {
    const over = new AbortController();
    const timer = setTimeout(() => this.stop(), PATIENCE_MS);
    const ends = once(this.process, 'exit', { signal: over.signal }).then(([code, signal]) => {
      throw new Error(`${this.name} ended with ${String(code ?? signal)} before it answered.`);
    });
    ends.catch(() => {});
    try {
      const [said] = (await Promise.race([once(this.process, 'message', { signal: over.signal }), ends])) as [Said];
      if (said.error !== undefined) throw new Error(`${this.name}: ${said.error}`);
      return said.answer;
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }
}

interface Said {
  answer?: unknown;
  error?: string;
}

/** In the module itself: says that it is ready, then answers each question. */
export function answerParent(answer: (question: unknown) => unknown): void {
  const say = (said: Said) => process.send?.(said);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ question }: { question: unknown }) => {
    void (async () => {
      try {
        say({ answer: await answer(question) });
      } catch (error) {
        say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      }
    })();
  });
  say({});
}

/** What a piece of work took this process, threads included. */
export interface Taken {
  cpuSeconds: number;
  seconds: number;
  /** The most that the process has held since it began, bytes. */
  peakBytes: number;
}

export async function taken(work: () => Promise<unknown>): Promise<Taken> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    cpuSeconds: (user + system) / 1e6,
    seconds: (performance.now() - began) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}
