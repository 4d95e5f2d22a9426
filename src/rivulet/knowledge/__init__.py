"""From documents to passages: chunks, the lexical index, the search."""
