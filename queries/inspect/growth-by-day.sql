-- Objects and bytes of the source by delivery. Put the first and the last dt (2026-01-01-00-00) in the places of FIRST and
-- LAST: each minute between is looked for, so that a month takes a moment.
SELECT dt, count(*) AS objects, sum(size) AS bytes
FROM source_objects
WHERE dt BETWEEN 'FIRST' AND 'LAST'
GROUP BY dt
ORDER BY dt
