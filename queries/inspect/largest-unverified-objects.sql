-- The largest objects that a run could not verify. Put the run's name in the place of RUN, and the inventory's dt
-- (2026-01-31-01-00) in the place of DELIVERY.
SELECT inventory.size, failed.error_code AS cause, failed.key
FROM (SELECT url_decode(key) AS key, error_code FROM outcomes WHERE run = 'RUN' AND task_status = 'failed') AS failed
JOIN (SELECT key, size FROM source_objects WHERE dt = 'DELIVERY') AS inventory ON inventory.key = failed.key
ORDER BY inventory.size DESC, failed.key
LIMIT 100
