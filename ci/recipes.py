#!/usr/bin/env python3
"""Runs results/recipes.sql on the committed records and on target/results.parquet, and wants an answer to every question, in
agreement with the files."""

import pathlib
import sys

import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    # Beside records lie rounds of peers, and what other programs of ours found.
    files = ROOT.glob("results/2*/*.jsonl")
    lines = sum(line.count('"schema":"wattmark.record/') for path in files for line in path.read_text().splitlines())
    connection = duckdb.connect()
    connection.execute(f"SET file_search_path = '{ROOT}'")
    answers = []
    for statement in connection.extract_statements((ROOT / "results/recipes.sql").read_text()):
        connection.execute(statement)
        if statement.type == duckdb.StatementType.SELECT:
            names = [column[0] for column in connection.description]
            rows = connection.fetchall()
            answers.append((names, rows))
            print(f"{', '.join(names)}: {len(rows)} rows")
    if not answers or not all(rows for _, rows in answers):
        sys.exit("error: a recipe has no answer on the committed records")
    counted = sum(row[-1] for row in answers[0][1])
    if counted != lines:
        sys.exit(f"error: the view holds {counted} records, the files {lines}")
    of_table = "SELECT count(*), count(\"time_median [s]\"), sum(samples) FROM read_parquet('target/results.parquet')"
    of_view = "SELECT count(*), count(samples_s) FILTER (verified), sum(len(samples_s)) FILTER (verified) FROM records"
    table, view = (connection.execute(query).fetchone() for query in (of_table, of_view))
    if table != view:
        sys.exit(f"error: the Parquet file holds {table} records, times and samples, the record files {view}")
    meanings = connection.execute("SELECT value FROM parquet_kv_metadata('target/results.parquet')").fetchall()
    if not any(b"time_median [s],s," in bytes(value) for (value,) in meanings):
        sys.exit("error: the Parquet file does not say what its columns mean")


if __name__ == "__main__":
    main()
