"""The store of one server: one SQLite file in a data directory that one process owns."""
