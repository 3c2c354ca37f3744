#!/usr/bin/env python3
"""Runs results/recipes.sql on the committed records, and wants an answer to every question, in agreement with the tables."""

import pathlib
import sys

import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    files = [p for p in ROOT.glob("results/2*/*.jsonl") if not p.name.startswith("peers")]
    lines = sum(len(path.read_text().splitlines()) for path in files)
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


if __name__ == "__main__":
    main()
