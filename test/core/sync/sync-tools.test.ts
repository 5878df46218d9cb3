import { describe, expect, it } from '@jest/globals';
import { toolsOf } from '../../../core/sync/sync-tools.js';
import { boundsOf } from '../support/bounds.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();

describe('The live copy by events of a pair whose runs have S3 replicate', () => {
  it('copies by itself: a job is for many objects at once', () => {
    const bounds = boundsOf({}, { copy: { engine: 'batch-replication' } });
    const live = { pair: 'photos', settings: settingsOf(bounds) } as Parameters<typeof toolsOf>[1];
    const tools = toolsOf(storage().ports, live, { isLate: () => false, until: 0 }, []);
    for (const side of ['destination', 'source'] as const) expect(tools.to[side].run.request.engine).toBe('copy');
  });
});

function settingsOf(bounds: ReturnType<typeof boundsOf>) {
  return { bounds, direction: 'one-way', propagateDeletes: false, workers: 1 };
}
