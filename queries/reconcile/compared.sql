-- What is found of each object of a source and its destination, by their inventories. count.sql and difference.sql go on from
-- here.
-- Rows of both sides are brought together by what follows the pair's prefixes, so that neither side's rows can be lost or
-- counted twice: the sums of source_rows and destination_rows are those of the inventories, whatever the findings are.
-- Parameters: delivery and prefix of the source, of the destination; the filters.
WITH sides AS (
  SELECT path, bucket, key, size, modified, etag, encryption, storage_class,
    1 AS source_rows, 0 AS destination_rows,
    CAST(NULL AS bigint) AS copy_size, CAST(NULL AS varchar) AS copy_modified,
    CAST(NULL AS varchar) AS copy_etag, CAST(NULL AS varchar) AS copy_encryption,
    CAST(NULL AS varchar) AS copy_storage_class
  FROM source_objects
  WHERE dt = ? AND starts_with(key, ?)
  UNION ALL
  SELECT path, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    0, 1,
    size, modified, etag, encryption, storage_class
  FROM destination_objects
  WHERE dt = ? AND starts_with(key, ?)
),
objects AS (
  SELECT path,
    sum(source_rows) AS source_rows, sum(destination_rows) AS destination_rows,
    max(bucket) AS bucket, max(key) AS key, max(size) AS size, max(modified) AS modified, max(etag) AS etag,
    max(encryption) AS encryption, max(storage_class) AS storage_class,
    max(copy_size) AS copy_size, max(copy_modified) AS copy_modified, max(copy_etag) AS copy_etag,
    max(copy_encryption) AS copy_encryption, max(copy_storage_class) AS copy_storage_class
  FROM sides
  GROUP BY path
),
compared AS (
  SELECT *,
    CASE
      WHEN source_rows > 1 OR destination_rows > 1 THEN 'repeated'
      WHEN source_rows = 0 THEN 'onlyAtDestination'
      WHEN destination_rows = 0 THEN 'missing'
      WHEN size IS NULL OR copy_size IS NULL OR size <> copy_size THEN 'different'
      WHEN etag <> '' AND etag = copy_etag THEN 'etag'
      WHEN encryption NOT IN ('SSE-KMS', 'DSSE-KMS', 'SSE-C')
        AND copy_encryption NOT IN ('SSE-KMS', 'DSSE-KMS', 'SSE-C')
        AND coalesce(split_part(etag, '-', 2), '') = coalesce(split_part(copy_etag, '-', 2), '') THEN 'different'
      WHEN copy_modified >= modified THEN 'sizeAndTime'
      ELSE 'different'
    END AS finding
  FROM objects
  -- What stands twice is left out by its key alone: which of its rows the object is, nobody knows.
  WHERE (source_rows > 1 OR destination_rows > 1
      OR coalesce(size, copy_size, 0) BETWEEN ? AND ?
        AND coalesce(modified, copy_modified, '') >= ?
        AND coalesce(modified, copy_modified, '') < ?)
    AND regexp_like(concat(?, path), ?)
    AND NOT regexp_like(concat(?, path), ?)
    AND (source_rows > 1 OR destination_rows > 1 OR regexp_like(coalesce(storage_class, copy_storage_class), ?))
)
