"""Data in: files and dataframes become the tables that a scoring statement reads, every row accounted for.

Reading and normalizing happens in one place, an embedded DuckDB, whatever engine scores afterwards.
"""
