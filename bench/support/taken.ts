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
