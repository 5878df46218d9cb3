-- The objects of a source that its destination lacks or has otherwise, as the manifest of a run: keys URL-encoded.
-- Parameters: the same time, once.
SELECT bucket, url_encode(key) AS key, size, modified AS last_modified_date, etag, storage_class,
  encryption AS encryption_status
FROM compared
WHERE finding IN ('missing', 'different') AND coalesce(modified, '') < ?
