"""Read a run's Parquet tables and turn them into tables, figures and claims, without torch or Ray."""
