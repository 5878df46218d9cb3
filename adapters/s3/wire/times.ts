/** Times in the forms in which S3 writes them, which every reader of dates reads alike. */
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d`;
const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';

/** `2026-01-31T12:00:00.000Z` in documents, and in headers of S3's own. */
export const ISO_TIME = new RegExp(
  String.raw`^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T${CLOCK}(?:\.\d{3})?Z$`,
);

/** `Sat, 31 Jan 2026 12:00:00 GMT` in headers of HTTP. */
export const HTTP_TIME = new RegExp(
  String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?:0[1-9]|[12]\d|3[01]) (?:${MONTHS}) [12]\d{3} ${CLOCK} GMT$`,
);
