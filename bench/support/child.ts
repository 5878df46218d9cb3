import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from '../../local/bundle.js';
import type { Said } from './answer-parent.js';

/** A question that gets no answer for so long is given up: longer than ten million rows take. */
const PATIENCE_MS = 600_000;

/** A module of the benchmark in a process of its own, which answers one question at a time and ends with this process. */
export class Child {
  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {}

  /** Bundles a module as a Lambda function is, so that it costs what it costs there, and starts it. @param source from the project's root */
  static async startBundled(source: string, ...args: string[]): Promise<Child> {
    const { module = '' } = await bundle({ module: source });
    return Child.#ready(fork(module, args, { execArgv: [] }), source);
  }

  /** Starts a module as it is. */
  static async start(module: URL, ...args: string[]): Promise<Child> {
    return Child.#ready(fork(module, args, { execArgv: process.execArgv }), module.pathname);
  }

  /** Resolves when the module says so: see `answerParent`. */
  static async #ready(started: ChildProcess, name: string): Promise<Child> {
    const child = new Child(started, name);
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
