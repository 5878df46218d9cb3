import { answerParent } from '../support/answer-parent.js';
import { BareS3, type Requests } from './bare-s3.js';
import { serveHttp } from './http.js';
import { countArrived, deliver, fill, fillFrom } from './stock.js';

/** What the benchmark may ask of its server, and what it is answered. */
export interface Orders {
  endpoint: { take: object; give: string };
  fill: { take: { bucket: string; objects: number }; give: void };
  fillFrom: { take: { from: string; to: string; withoutEvery?: number | undefined }; give: void };
  /** The key of the manifest. */
  deliver: { take: { source: string; to: string }; give: string };
  arrived: { take: { from: string; to: string }; give: number };
  drop: { take: { bucket: string }; give: void };
  /** Since the last time. */
  spent: { take: object; give: { requests: Requests; cpuSeconds: number } };
}

export interface Order<Name extends keyof Orders = keyof Orders> {
  name: Name;
  take: Orders[Name]['take'];
}

const s3 = new BareS3();
const listening = serveHttp(s3.answer);
let last = process.cpuUsage();

const orders: {
  [Name in keyof Orders]: (take: Orders[Name]['take']) => Orders[Name]['give'] | Promise<Orders[Name]['give']>;
} = {
  endpoint: async () => `http://127.0.0.1:${(await listening).port}`,
  fill: ({ bucket, objects }) => fill(s3, bucket, objects),
  fillFrom: ({ from, to, withoutEvery }) => fillFrom(s3, from, to, withoutEvery),
  deliver: ({ source, to }) => deliver(s3, source, to),
  arrived: ({ from, to }) => countArrived(s3, from, to),
  drop: ({ bucket }) => {
    s3.buckets.delete(bucket);
  },
  spent: () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    return { requests: s3.takeRequests(), cpuSeconds: (user + system) / 1e6 };
  },
};

answerParent((question) => {
  const { name, take } = question as Order;
  return orders[name](take as never);
});
