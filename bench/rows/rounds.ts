import { lineOf, type Line, type Sample } from '../table.js';

/** One of those compared, and how often it is measured: what is slow is measured less. */
export interface Contestant {
  who: string;
  rounds: number;
  /** What a cost is divided by. */
  items: number;
  measure: (round: number) => Promise<Sample>;
}

/**
 * Measures all, round by round: what else the machine does meets each alike. What fails is left out, and said; but ours, the
 * first, throws.
 */
export async function inRounds(
  contestants: readonly Contestant[],
  say: (text: string) => void,
): Promise<{ lines: Line[]; absent: string[] }> {
  const samples = new Map(contestants.map(({ who }) => [who, [] as Sample[]]));
  const failures = new Map<string, string>();
  for (let round = 0; contestants.some(({ rounds }) => round < rounds); round += 1)
    for (const [index, { who, rounds, measure }] of contestants.entries()) {
      if (round >= rounds || failures.has(who)) continue;
      try {
        const sample = await measure(round);
        samples.get(who)?.push(sample);
        say(`${who}, round ${round + 1}: ${sample.cpuSeconds.toFixed(2)} s of CPU in ${sample.seconds.toFixed(1)} s`);
      } catch (error) {
        if (index === 0) throw error;
        failures.set(who, error instanceof Error ? error.message : String(error));
      }
    }
  return {
    lines: contestants
      .filter(({ who }) => !failures.has(who))
      .map(({ who, items }) => lineOf(who, items, samples.get(who) ?? [])),
    absent: Array.from(failures, ([who, why]) => `${who} failed: ${why}`),
  };
}
