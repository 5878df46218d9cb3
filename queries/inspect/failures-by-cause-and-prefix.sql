-- Failures of a run by cause and first folder. Put the run's name in the place of RUN.
SELECT error_code AS cause, split_part(url_decode(key), '/', 1) AS folder, count(*) AS objects
FROM outcomes
WHERE run = 'RUN' AND task_status = 'failed'
GROUP BY error_code, split_part(url_decode(key), '/', 1)
ORDER BY objects DESC, cause, folder
LIMIT 1000
