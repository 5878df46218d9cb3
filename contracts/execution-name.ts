import * as z from 'zod';

/** What Step Functions takes as the name of an execution, which is a run's id. It parts no key of the work bucket. */
export const executionName = z.string().regex(/^[^\s/<>{}[\]?*"#%\\^|~`$&,;:]{1,80}$/, 'expected an execution name');
