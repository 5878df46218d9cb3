import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../../core/reconcile/failure-of.js';

const run = (more: object) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({ ExecutionArn: 'arn', Name: 'reconcile-1', Status: 'FAILED', Input: '{}', ...more }),
});

describe('What ended a reconciliation', () => {
  it.each([
    [
      'a function',
      { Error: 'QueryFailed', Cause: '{"errorType":"QueryFailed","errorMessage":"no","trace":[]}' },
      { name: 'QueryFailed', message: 'no' },
    ],
    [
      'words that are no JSON',
      { Error: 'Lambda.Unknown', Cause: '{half' },
      { name: 'Lambda.Unknown', message: '{half' },
    ],
    ['no words', { Error: 'States.Timeout' }, { name: 'States.Timeout', message: '' }],
    ['nothing at all', {}, { name: 'Unknown', message: '' }],
    [
      'a run, by a function’s error',
      run({ Error: 'PairBusy', Cause: '{"errorMessage":"run-9 has it"}' }),
      { name: 'PairBusy', message: 'run-9 has it', run: 'reconcile-1' },
    ],
    [
      'a run that is incomplete',
      run({ Error: 'VerificationIncomplete', Cause: '{"message":"3 failed","links":{}}' }),
      { name: 'VerificationIncomplete', message: '3 failed', run: 'reconcile-1' },
    ],
    [
      'a run that somebody stopped',
      run({ Status: 'ABORTED' }),
      { name: 'Aborted', message: 'The run reconcile-1 was ended: ABORTED.', run: 'reconcile-1' },
    ],
    [
      'a run that took too long',
      run({ Status: 'TIMED_OUT' }),
      { name: 'States.Timeout', message: 'The run reconcile-1 was ended: TIMED_OUT.', run: 'reconcile-1' },
    ],
    [
      'a run, stopped with words',
      run({ Status: 'ABORTED', Error: 'Enough', Cause: 'by me' }),
      { name: 'Enough', message: 'by me', run: 'reconcile-1' },
    ],
  ])('%s', (_, caught, failure) => {
    expect(failureOf(caught)).toEqual(failure);
  });
});
