-- What proves the objects of a run, by their storage class. Put the run's name in the place of RUN, and the inventory's dt
-- (2026-01-31-01-00) in the place of DELIVERY.
SELECT inventory.storage_class, proved.evidence, count(*) AS objects, sum(inventory.size) AS bytes
FROM (
  SELECT url_decode(key) AS key, json_extract_scalar(result_message, '$.evidence') AS evidence
  FROM outcomes
  WHERE run = 'RUN' AND task_status = 'succeeded'
) AS proved
JOIN (SELECT key, size, storage_class FROM source_objects WHERE dt = 'DELIVERY') AS inventory ON inventory.key = proved.key
GROUP BY inventory.storage_class, proved.evidence
ORDER BY inventory.storage_class, objects DESC
