import { Child } from '../support/child.js';
import type { Order, Orders } from './main.js';

/** The bare S3 in a process of its own. One order at a time. */
export class Server {
  private constructor(
    private readonly child: Child,
    readonly endpoint: string,
  ) {}

  static async start(): Promise<Server> {
    const child = await Child.startBundled('bench/server/main.ts');
    return new Server(child, (await child.ask({ name: 'endpoint', take: {} } satisfies Order)) as string);
  }

  async order<Name extends keyof Orders>(name: Name, take: Orders[Name]['take']): Promise<Orders[Name]['give']> {
    return (await this.child.ask({ name, take } satisfies Order<Name>)) as Orders[Name]['give'];
  }

  stop(): void {
    this.child.stop();
  }
}
