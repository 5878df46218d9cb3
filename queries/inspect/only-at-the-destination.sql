-- Objects at the destination that the source does not have, which nobody deletes. Put the dt of each inventory
-- (2026-01-31-01-00) in the places of SOURCE and DESTINATION.
SELECT copies.key, copies.size, copies.modified
FROM (SELECT path, key, size, modified FROM destination_objects WHERE dt = 'DESTINATION') AS copies
LEFT JOIN (SELECT path FROM source_objects WHERE dt = 'SOURCE') AS originals ON originals.path = copies.path
WHERE originals.path IS NULL
ORDER BY copies.key
LIMIT 1000
