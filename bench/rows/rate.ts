import { measureRate } from '../rate.js';
import type { Row } from '../table.js';

/** One worker at a server that takes so many requests a second and refuses the others. */
export async function rateRow(say: (text: string) => void): Promise<Row> {
  const figures = await measureRate(say);
  const { limit, settleSeconds, steadyRate, steadyWaste, firstWaste, recoverySeconds, paceMicroseconds } = figures;
  return {
    name: `One worker at a server that takes ${limit} requests a second, and 503s`,
    item: 'request',
    lines: [],
    absent: [],
    targets: [
      { what: 'until it is near what the server takes', value: settleSeconds, most: 10, unit: 's' },
      { what: 'refused of all requests, once it has settled', value: steadyWaste * 100, most: 2, unit: '%' },
    ],
    note: `${steadyRate.toFixed(0)} copies a second from second 10 to 20; ${(firstWaste * 100).toFixed(1)} % refused in the first 10 s; ${recoverySeconds} s until 90 % of twice the limit; the pace itself takes ${paceMicroseconds.toFixed(2)} µs of CPU a request.`,
  };
}
