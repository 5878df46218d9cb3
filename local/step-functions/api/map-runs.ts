import type { Services } from '../run/frame.js';
import { executionOf, mapRunOf } from './executions.js';
import { page } from './paging.js';
import type { Request } from './request.js';
import { validationException } from './service-error.js';

/** ListMapRuns of an execution, newest first. */
export function listMapRuns(request: Request, services: Services): object {
  const { arn } = executionOf(request, services);
  const all = [...services.directory.mapRuns.values()].filter(({ execution }) => execution.arn === arn);
  const { items, nextToken } = page(request, all, 'newestFirst');
  const mapRuns = items.map((mapRun) => ({
    executionArn: arn,
    mapRunArn: mapRun.arn,
    startDate: mapRun.startedAt / 1_000,
    stateMachineArn: mapRun.revision.machine.arn,
    ...(mapRun.stoppedAt === undefined ? {} : { stopDate: mapRun.stoppedAt / 1_000 }),
  }));
  return { mapRuns, ...(nextToken === undefined ? {} : { nextToken }) };
}

/** DescribeMapRun. One item makes one execution: both counts are the same. */
export function describeMapRun(request: Request, services: Services): object {
  const mapRun = mapRunOf(request, services);
  const { settings } = mapRun;
  const counts = { ...mapRun.counts, failuresNotRedrivable: 0, pendingRedrive: 0 };
  return {
    executionArn: mapRun.execution.arn,
    executionCounts: counts,
    itemCounts: counts,
    mapRunArn: mapRun.arn,
    maxConcurrency: settings.maxConcurrency || unlimited,
    redriveCount: 0,
    startDate: mapRun.startedAt / 1_000,
    status: mapRun.status,
    ...(mapRun.stoppedAt === undefined ? {} : { stopDate: mapRun.stoppedAt / 1_000 }),
    toleratedFailureCount: settings.toleratedFailureCount,
    toleratedFailurePercentage: settings.toleratedFailurePercentage,
  };
}

/** How AWS shows a MaxConcurrency of 0. */
const unlimited = 2 ** 31 - 1;

/** UpdateMapRun, of a Map Run that is under way. */
export function updateMapRun(request: Request, services: Services): object {
  const mapRun = mapRunOf(request, services);
  const maxConcurrency = request.optionalNumber('maxConcurrency', { min: 0, max: Number.MAX_SAFE_INTEGER });
  const toleratedFailureCount = request.optionalNumber('toleratedFailureCount', {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  });
  const toleratedFailurePercentage = request.optionalNumber('toleratedFailurePercentage', { min: 0, max: 100 });
  if (mapRun.status !== 'RUNNING') throw validationException('Map Run is not running and cannot be updated');
  mapRun.update({
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(toleratedFailureCount === undefined ? {} : { toleratedFailureCount }),
    ...(toleratedFailurePercentage === undefined ? {} : { toleratedFailurePercentage }),
  });
  return {};
}
