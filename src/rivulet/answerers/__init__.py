"""What answers a turn: our own retrieval pipeline, or any async generator."""
