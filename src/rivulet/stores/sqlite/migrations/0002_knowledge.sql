CREATE TABLE sources (
    source_number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id     TEXT NOT NULL,
    id            TEXT NOT NULL,
    kind          TEXT NOT NULL,
    title         TEXT NOT NULL,
    location      TEXT NOT NULL,
    status        TEXT NOT NULL,
    error_message TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, kind, location)
);

-- The number is that of the version that is found; indexing the document again gives it a new one.
CREATE TABLE documents (
    document_number INTEGER PRIMARY KEY,
    tenant_id       TEXT NOT NULL,
    source_number   INTEGER NOT NULL,
    id              TEXT NOT NULL,
    path            TEXT NOT NULL,
    title           TEXT NOT NULL,
    filename        TEXT NOT NULL,
    media_type      TEXT NOT NULL,
    status          TEXT NOT NULL,
    reason          TEXT,
    digest          TEXT NOT NULL,
    size            INTEGER NOT NULL,
    modified_ns     INTEGER NOT NULL,
    chunk_count     INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (source_number, path)
);

-- A document's chunks stand together, and one after the other they are its text:
-- place = document_number * 65536 + the chunk's number. The text reaches to where the next chunk begins.
CREATE TABLE chunks (
    place     INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    begins    INTEGER NOT NULL,
    ends      INTEGER NOT NULL,
    page      INTEGER,
    heading   TEXT,
    text      TEXT NOT NULL
);

-- What is in the index still, or has chunks still, but is not to be found any more.
CREATE TABLE retired (
    document_number INTEGER PRIMARY KEY,
    tenant_id       TEXT NOT NULL,
    has_chunks      INTEGER NOT NULL DEFAULT 1,
    is_indexed      INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX retired_indexed ON retired (tenant_id) WHERE is_indexed;

-- state: open (being written), published (searched), replaced (merged into another one, to be removed).
CREATE TABLE segments (
    segment_id     INTEGER PRIMARY KEY,
    tenant_id      TEXT NOT NULL,
    state          TEXT NOT NULL,
    first_number   INTEGER NOT NULL,  -- of the documents reserved for it, while it is open
    document_count INTEGER NOT NULL,
    chunk_count    INTEGER NOT NULL,
    header         BLOB NOT NULL
);
CREATE INDEX segments_searched ON segments (tenant_id) WHERE state = 'published';

CREATE TABLE postings (
    segment_id INTEGER NOT NULL,
    term       TEXT NOT NULL,
    tenant_id  TEXT NOT NULL,
    postings   BLOB NOT NULL,
    PRIMARY KEY (segment_id, term)
) WITHOUT ROWID;

-- The next number for a segment or a document; none is given twice.
CREATE TABLE index_numbers (next INTEGER NOT NULL);
INSERT INTO index_numbers VALUES (1);
