-- Questions to published records, for DuckDB 1.x: `duckdb < results/recipes.sql`, from the repository root.
-- Records are JSON lines: DuckDB reads them as they are. Each recipe is run on the committed records by ci/check-recipes.sh.

-- Every record, one row each. Samples stay a list; what a file lacks is NULL. A record that is not `ok` has no time.
CREATE OR REPLACE VIEW records AS
SELECT run.id AS run, run.suite AS suite, run."commit" AS "commit", environment.machine AS machine,
       device.id AS device, device.name AS device_name, device."class" AS device_class, "case".track AS track,
       "case".id AS case_id, "case".family AS family, "case".dtype AS dtype, status, reason, verification.passed AS verified,
       "time".clock AS clock, "time".samples_s AS samples_s, work.flop AS flop, work.bytes AS bytes, work.unit AS unit,
       energy.status AS energy_status
FROM read_json('results/2*/*.jsonl', format = 'newline_delimited', union_by_name = true, maximum_object_size = 67108864)
WHERE "schema" LIKE 'wattmark.record/%';

-- What was measured where, and what became of it: nothing disappears.
SELECT machine, device, track, suite, status, count(*) AS records FROM records GROUP BY ALL ORDER BY ALL;

-- Median time and rates of a case over all devices. Clocks and tracks stand beside them: do not rank across either.
SELECT case_id, device, track, clock, round(median(s) * 1e6, 3) AS median_us, count(s) AS samples,
       round(any_value(flop) / median(s) / 1e9, 2) AS gop_per_s, round(any_value(bytes) / median(s) / 1e9, 2) AS gb_per_s
FROM (SELECT *, unnest(samples_s) AS s FROM records WHERE status = 'ok' AND verified)
WHERE family = 'matmul' AND dtype = 'f32'
GROUP BY ALL ORDER BY case_id, track, device;

-- Why cases did not run, most frequent first.
SELECT status, device, reason, count(*) AS records FROM records WHERE status <> 'ok' GROUP BY ALL ORDER BY records DESC, status, device, reason;

-- Spread between neighbouring samples against the spread of all: a ratio well under 1 means that the machine drifted.
SELECT case_id, device, run, round(sqrt(sum(pow(s - before, 2)) / (2 * count(before))) / stddev(s), 2) AS step_over_spread
FROM (SELECT case_id, device, run, s, lag(s) OVER (PARTITION BY run, device, case_id ORDER BY i) AS before
      FROM (SELECT case_id, device, run, unnest(samples_s) AS s, generate_subscripts(samples_s, 1) AS i
            FROM records WHERE status = 'ok'))
GROUP BY ALL HAVING count(before) >= 20 AND stddev(s) > 0 ORDER BY step_over_spread LIMIT 10;

-- The same records as a table, for when there are more of them than JSON is pleasant for; every column's unit and meaning
-- are in its name and in the file's metadata. First make it:
--   cargo run --release --features parquet -- export --as parquet results/ -o target/results.parquet
SELECT machine, device, track, "case", clock, "time_median [s]", "ceiling_fraction", ceiling_bound
FROM read_parquet('target/results.parquet')
WHERE status = 'ok' AND "ceiling_fraction" IS NOT NULL AND device_class <> 'software'
ORDER BY "ceiling_fraction", "case", device LIMIT 10;
