import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { MapProgress } from '../../adapters/step-functions/map-runs.js';
import { duration } from './duration.js';
import type { Output } from './printer.js';
import { safeText } from './safe-text.js';

/** Shows how far a run came. */
export interface ProgressView {
  /** `objectsOf`: how many objects a pass is about, where that is known yet. `now`: milliseconds since the epoch. */
  show(progress: { maps: readonly MapProgress[] }, objectsOf: (pass: number) => number | undefined, now: number): void;
  end(): void;
}

/** Bars on a terminal, plain lines elsewhere: one for each state and pass. */
export function progressView(stream: Output): ProgressView {
  return stream.isTTY ? bars(stream) : plainLines(stream);
}

export const silentView: ProgressView = { show: () => undefined, end: () => undefined };

function bars(stream: Output): ProgressView {
  const format = '  {title} {bar} {text}';
  const multi = new MultiBar({ format, stream, barsize: 20, hideCursor: true, emptyOnZero: true }, Presets.rect);
  const shown = new Map<string, SingleBar>();
  return {
    show({ maps }, objectsOf, now) {
      for (const map of maps) {
        const payload = { title: titleOf(map).padEnd(20), text: describe(map, objectsOf(map.pass), now) };
        const bar = shown.get(titleOf(map)) ?? multi.create(map.total, 0, payload);
        shown.set(titleOf(map), bar);
        bar.setTotal(map.total);
        bar.update(doneOf(map), payload);
      }
    },
    end: () => multi.stop(),
  };
}

function plainLines(stream: Output): ProgressView {
  const last = new Map<string, number>();
  return {
    show({ maps }, objectsOf, now) {
      for (const map of maps) {
        if (map.total === 0 || last.get(titleOf(map)) === doneOf(map)) continue;
        last.set(titleOf(map), doneOf(map));
        stream.write(`  ${titleOf(map)}: ${describe(map, objectsOf(map.pass), now)}\n`);
      }
    },
    end: () => undefined,
  };
}

/** Maps before the first pass, and what their children work on. All but ListRanges run once. */
const BEFORE_PASSES: ReadonlyMap<string, string> = new Map([
  ['ListRanges', 'ranges'],
  ['IndexFiles', 'files'],
  ['MergeRanges', 'ranges'],
]);

function titleOf({ state, pass }: MapProgress): string {
  if (state === 'ListRanges') return `${state}, round ${pass}`;
  return BEFORE_PASSES.has(state) ? state : safeText(`${state}, pass ${pass}`);
}

function doneOf({ succeeded, failed }: MapProgress): number {
  return succeeded + failed;
}

/** Children done, about how many objects that is (a chunk counts when it is done), and how long the rest may take. */
function describe(map: MapProgress, objects: number | undefined, now: number): string {
  const unit = BEFORE_PASSES.get(map.state) ?? 'chunks';
  const parts = [`${doneOf(map)}/${map.total} ${unit}`];
  if (map.failed > 0) parts.push(`${map.failed} failed`);
  const seconds = Math.max(0.1, ((map.stoppedAt ?? now) - map.startedAt) / 1000);
  if (objects !== undefined && unit === 'chunks' && map.total > 0) {
    const done = Math.round((objects * doneOf(map)) / map.total);
    parts.push(`${done.toLocaleString('en')} objects, ${Math.round(done / seconds).toLocaleString('en')}/s`);
  }
  if (map.stoppedAt === undefined && doneOf(map) > 0 && doneOf(map) < map.total)
    parts.push(`about ${duration((seconds * 1000 * (map.total - doneOf(map))) / doneOf(map))} left`);
  return parts.join(', ');
}
