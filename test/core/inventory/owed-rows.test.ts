import { expect, it } from '@jest/globals';
import { newCensus } from '../../../core/inventory/census.js';
import { owedRows } from '../../../core/inventory/owed-rows.js';
import { packLines } from '../../../core/inventory/row-codec.js';
import { resolveOwed } from '../../../core/prepare/manifest/resolve-owed.js';
import { reportRow } from '../../../core/report/report-row.js';
import { runFiles } from '../../../core/run-files.js';
import { leaveOwing } from '../support/owed.js';
import { requestOf, rowOf, runOf } from '../support/rows.js';
import { SOURCE, useStorage } from '../support/storage.js';

const storage = useStorage();

it('Owed rows beside report rows of others are no rows of a cause: the run ends as IdentityBroken', async () => {
  const { ports } = storage();
  const owed = [
    { row: rowOf('a'), cause: 'AccessDenied' },
    { row: rowOf('b'), cause: 'SlowDown' },
  ];
  await leaveOwing(storage(), runOf('first'), [[owed]]);
  const manifest = { failuresOf: 'first', cause: 'SlowDown' };
  const request = requestOf({ manifest });
  const resolved = await resolveOwed(ports.work, request, manifest, { id: 'second', pair: 'demo', startedAt: 0 });
  const [file] = resolved.files;
  if (resolved.manifest.kind !== 'owed' || !file) throw new Error('expected what a run owed');
  const owing = resolved.manifest;
  const count = async () => {
    let rows = 0;
    for await (const { lines } of owedRows(ports, runOf('second'), owing, file, newCensus())) rows += lines.length;
    return rows;
  };
  expect(await count()).toBe(1);

  const swapped = owed
    .toReversed()
    .map(({ row, cause }) => reportRow(SOURCE, row, { kind: 'owed', cause, message: '' }));
  await ports.work.write(runFiles('first').owedReport(1, '0-0'), await packLines(swapped));
  await expect(count()).rejects.toMatchObject({ name: 'IdentityBroken' });
});
