-- How the inventories differ, in one row: objects and bytes by finding.
-- Parameters: the time from which on an object of the source is newer than the inventories can judge, once for each sum of
-- newer ones.
SELECT
  coalesce(sum(source_rows), 0) AS source_rows,
  coalesce(sum(destination_rows), 0) AS destination_rows,
  count(*) FILTER (WHERE finding = 'etag') AS by_etag,
  count(*) FILTER (WHERE finding = 'sizeAndTime') AS by_size_and_time,
  count(*) FILTER (WHERE finding = 'missing') AS missing,
  count(*) FILTER (WHERE finding = 'different') AS different,
  count(*) FILTER (WHERE finding = 'onlyAtDestination') AS only_at_destination,
  count(*) FILTER (WHERE finding = 'repeated') AS repeated,
  coalesce(sum(size) FILTER (WHERE finding IN ('etag', 'sizeAndTime')), 0) AS matched_bytes,
  coalesce(sum(size) FILTER (WHERE finding IN ('missing', 'different')), 0) AS differing_bytes,
  count(*) FILTER (WHERE finding = 'missing' AND coalesce(modified, '') >= ?) AS newer_missing,
  count(*) FILTER (WHERE finding = 'different' AND coalesce(modified, '') >= ?) AS newer_different,
  coalesce(sum(size) FILTER (WHERE finding IN ('missing', 'different') AND coalesce(modified, '') >= ?), 0) AS newer_bytes
FROM compared
