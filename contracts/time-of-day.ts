import * as z from 'zod';

/** Whether a name is one of the IANA database of time zones. */
export function isTimeZone(name: string): boolean {
  // Node from 22 on takes offsets too; EventBridge Scheduler does not.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A time of day, `HH:MM`, and the zone in which it is meant: `06:00`, or `06:00 Europe/Berlin`. UTC where no zone is named. */
export const timeOfDay = z
  .string()
  .regex(
    /^(?:[01]\d|2[0-3]):[0-5]\d(?: \S{1,64})?$/,
    'expected a time of day such as 06:00, or 06:00 Europe/Berlin; without a zone it is UTC',
  )
  .refine(
    (text) => isTimeZone(text.split(' ')[1] ?? 'UTC'),
    'expected a time zone of the IANA database behind the time, such as 06:00 Europe/Berlin',
  );
