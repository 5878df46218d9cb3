/**
 * List prices of us-east-1 in USD. Sources: Amazon Athena pricing, $5.00 a TB scanned, 10 MB at least for a query; Amazon S3
 * pricing, $0.005 per 1,000 COPY and LIST requests.
 */
const PRICES = { terabyte: 5, leastBytes: 10e6, copy: 0.005 / 1_000, list: 0.005 / 1_000 };
const KEYS_PER_LIST = 1_000;

/** About what a reconciliation cost: its queries, its copies, and the lists that compared and proved. */
export function costOf(of: { queries: number; scannedBytes: number; copied: number; listed: number }): number {
  const scanned = Math.max(of.scannedBytes, of.queries * PRICES.leastBytes);
  const lists = Math.ceil(of.listed / KEYS_PER_LIST);
  const usd = (scanned / 1e12) * PRICES.terabyte + of.copied * PRICES.copy + lists * PRICES.list;
  return Math.round(usd * 1e6) / 1e6;
}
