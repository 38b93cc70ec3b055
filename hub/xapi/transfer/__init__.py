"""Statements out of the hub into files, and out of files into the hub: NDJSON and Parquet."""
