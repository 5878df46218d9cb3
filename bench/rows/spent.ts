import type { Server } from '../server/start.js';
import type { Sample } from '../table.js';

/** Measures a client, and what the server did for it. */
export async function spentOn(
  server: Server,
  work: () => Promise<Pick<Sample, 'cpuSeconds' | 'seconds' | 'peakBytes'>>,
): Promise<Sample> {
  await server.order('spent', {});
  const { cpuSeconds, seconds, peakBytes } = await work();
  const spent = await server.order('spent', {});
  const requests: Record<string, number> = {};
  for (const operations of Object.values(spent.requests))
    for (const [operation, count] of Object.entries(operations))
      requests[operation] = (requests[operation] ?? 0) + count;
  return { cpuSeconds, seconds, peakBytes, requests, serverCpuSeconds: spent.cpuSeconds };
}
