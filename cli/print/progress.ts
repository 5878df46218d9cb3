import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { MapProgress, RunProgress } from '../../adapters/step-functions/run-client.js';

/** Shows how far a run came: `objects` is how many objects were copied so far, where that is known. */
export interface ProgressView {
  show(progress: RunProgress, objects: number, seconds: number): void;
  end(): void;
}

/** Bars on a terminal, plain lines elsewhere: one for each state and pass. */
export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? bars(stream) : plainLines(stream);
}

export const silentView: ProgressView = { show: () => undefined, end: () => undefined };

function bars(stream: NodeJS.WriteStream): ProgressView {
  const format = '  {title} {bar} {value}/{total} {unit}{note}';
  const multi = new MultiBar(
    { format, stream, barsize: 30, hideCursor: true, forceRedraw: true, emptyOnZero: true },
    Presets.rect,
  );
  const shown = new Map<string, SingleBar>();
  return {
    show({ maps }, objects, seconds) {
      for (const map of maps) {
        const payload = { title: titleOf(map).padEnd(22), unit: unitOf(map), note: noteOf(map, objects, seconds) };
        const bar = shown.get(titleOf(map)) ?? multi.create(map.total, 0, payload);
        shown.set(titleOf(map), bar);
        bar.setTotal(map.total);
        bar.update(doneOf(map), payload);
      }
    },
    end: () => multi.stop(),
  };
}

function plainLines(stream: NodeJS.WriteStream): ProgressView {
  const last = new Map<string, string>();
  return {
    show({ maps }, objects, seconds) {
      for (const map of maps) {
        const line = `${titleOf(map)}: ${doneOf(map)}/${map.total} ${unitOf(map)}`;
        if (last.get(titleOf(map)) === line) continue;
        last.set(titleOf(map), line);
        stream.write(`  ${line}${noteOf(map, objects, seconds)}\n`);
      }
    },
    end: () => undefined,
  };
}

function titleOf({ state, pass }: MapProgress): string {
  return state === 'IndexFiles' ? state : `${state}, pass ${pass}`;
}

function unitOf({ state }: MapProgress): string {
  return state === 'IndexFiles' ? 'files' : 'chunks';
}

function doneOf({ succeeded, failed }: MapProgress): number {
  return succeeded + failed;
}

function noteOf(map: MapProgress, objects: number, seconds: number): string {
  const failed = map.failed > 0 ? `, ${map.failed} failed` : '';
  if (map.state !== 'CopyChunks' || objects === 0) return failed;
  return `${failed}, ${objects.toLocaleString('en')} objects copied, ${Math.round(objects / Math.max(seconds, 0.1)).toLocaleString('en')}/s`;
}
