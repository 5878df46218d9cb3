/** How many children of a Map Run may fail; 0 stands for unset, as in DescribeMapRun. */
export interface Tolerance {
  toleratedFailureCount: number;
  /** 0 to 100. */
  toleratedFailurePercentage: number;
}

/**
 * Whether a Map Run must fail. Each bound that is set counts by itself; where neither is, any failure is one too many.
 * @param failed children that failed, timed out or were stopped.
 */
export function exceedsTolerance(failed: number, total: number, tolerance: Tolerance): boolean {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = tolerance;
  if (count === 0 && percentage === 0) return failed > 0;
  return (count > 0 && failed > count) || (percentage > 0 && (100 * failed) / total > percentage);
}
