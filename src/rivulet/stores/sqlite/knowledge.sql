-- all_sources: a tenant's sources with what they hold
SELECT
    s.id, s.kind, s.title, s.location, s.status, s.error_message,
    count(d.document_number), coalesce(sum(d.status = 'failed'), 0), coalesce(sum(d.chunk_count), 0),
    s.created_at, s.updated_at
FROM sources AS s LEFT JOIN documents AS d USING (source_number)
WHERE s.tenant_id = :tenant_id
GROUP BY s.source_number
ORDER BY s.source_number;

-- get_source: one of them
SELECT
    s.id, s.kind, s.title, s.location, s.status, s.error_message,
    count(d.document_number), coalesce(sum(d.status = 'failed'), 0), coalesce(sum(d.chunk_count), 0),
    s.created_at, s.updated_at
FROM sources AS s LEFT JOIN documents AS d USING (source_number)
WHERE s.tenant_id = :tenant_id AND s.id = :source_id
GROUP BY s.source_number;

-- add_source: a new one, unless it is known by its kind and location
INSERT INTO sources (tenant_id, id, kind, title, location, status, error_message, created_at, updated_at)
VALUES (:tenant_id, :id, :kind, :title, :location, :status, :error_message, :created_at, :updated_at)
ON CONFLICT (tenant_id, kind, location) DO NOTHING;

-- find_source: the id it is known by
SELECT id FROM sources WHERE tenant_id = :tenant_id AND kind = :kind AND location = :location;

-- mark_source: how its indexing goes
UPDATE sources
SET title = :title, status = :status, error_message = :error_message, updated_at = :updated_at
WHERE tenant_id = :tenant_id AND id = :id;

-- source_number: what the index knows a source by
SELECT source_number FROM sources WHERE tenant_id = :tenant_id AND id = :source_id;

-- retire_source: none of its documents is found any more
INSERT INTO retired (document_number, tenant_id)
SELECT document_number, tenant_id FROM documents
WHERE source_number = :source_number AND chunk_count > 0;

-- delete_documents_of: their rows
DELETE FROM documents WHERE source_number = :source_number;

-- delete_source: its row
DELETE FROM sources WHERE source_number = :source_number;

-- documents_of: a source's documents
SELECT
    d.id, s.id, d.path, d.title, d.filename, d.media_type, d.status, d.reason, d.digest, d.size,
    d.modified_ns, d.chunk_count, d.created_at, d.updated_at
FROM documents AS d JOIN sources AS s USING (source_number)
WHERE s.tenant_id = :tenant_id AND s.id = :source_id
ORDER BY d.path;

-- get_document: one of them
SELECT
    d.id, s.id, d.path, d.title, d.filename, d.media_type, d.status, d.reason, d.digest, d.size,
    d.modified_ns, d.chunk_count, d.created_at, d.updated_at
FROM documents AS d JOIN sources AS s USING (source_number)
WHERE d.tenant_id = :tenant_id AND d.id = :document_id;

-- document_number: where its chunks are
SELECT document_number FROM documents
WHERE tenant_id = :tenant_id AND id = :document_id AND status = 'ready';

-- document_text: its text in the pieces that its chunks are
SELECT text FROM chunks
WHERE tenant_id = :tenant_id AND place >= :first AND place < :beyond
ORDER BY place;

-- retire_document: its present version is not found any more
INSERT INTO retired (document_number, tenant_id)
SELECT document_number, tenant_id FROM documents
WHERE tenant_id = :tenant_id AND id = :id AND source_number = :source_number AND chunk_count > 0;

-- put_document: its row as it stands now, with the number of this version
INSERT INTO documents (
    document_number, tenant_id, source_number, id, path, title, filename, media_type, status, reason,
    digest, size, modified_ns, chunk_count, created_at, updated_at
) VALUES (
    :document_number, :tenant_id, :source_number, :id, :path, :title, :filename, :media_type, :status,
    :reason, :digest, :size, :modified_ns, :chunk_count, :created_at, :updated_at
)
ON CONFLICT (tenant_id, id) DO UPDATE SET
    document_number = excluded.document_number, title = excluded.title, filename = excluded.filename,
    media_type = excluded.media_type, status = excluded.status, reason = excluded.reason,
    digest = excluded.digest, size = excluded.size, modified_ns = excluded.modified_ns,
    chunk_count = excluded.chunk_count, updated_at = excluded.updated_at;

-- note_document: its file only looks newer
UPDATE documents
SET size = :size, modified_ns = :modified_ns, digest = :digest
WHERE tenant_id = :tenant_id AND id = :id AND status = 'ready';

-- delete_document: its row
DELETE FROM documents
WHERE tenant_id = :tenant_id AND id = :id AND source_number = :source_number;

-- next_numbers: numbers for segments and documents
UPDATE index_numbers SET next = next + :count RETURNING next - :count;

-- open_segment: a segment nobody searches yet
INSERT INTO segments (segment_id, tenant_id, state, first_number, document_count, chunk_count, header)
VALUES (:segment_id, :tenant_id, 'open', :first_number, :document_count, 0, x'');

-- write_chunk: a piece of a document
INSERT INTO chunks (place, tenant_id, begins, ends, page, heading, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- write_postings: one term of a segment
INSERT INTO postings (segment_id, term, tenant_id, postings) VALUES (?1, ?2, ?3, ?4);

-- publish_segment: from now on it is searched
UPDATE segments
SET state = 'published', chunk_count = :chunk_count, header = :header
WHERE segment_id = :segment_id AND tenant_id = :tenant_id AND state = 'open';

-- replace_segment: from now on it is not, because another one holds what it held
UPDATE segments SET state = 'replaced', header = x''
WHERE segment_id = :segment_id AND tenant_id = :tenant_id AND state = 'published';

-- drop_retired: no segment holds it any more
UPDATE retired SET is_indexed = 0 WHERE document_number = :document_number AND tenant_id = :tenant_id;

-- searched_segments: what a tenant's index consists of
SELECT segment_id, chunk_count FROM segments
WHERE tenant_id = :tenant_id AND state = 'published'
ORDER BY segment_id;

-- segment_header: what is in one of them
SELECT header FROM segments WHERE segment_id = :segment_id AND tenant_id = :tenant_id;

-- look_up: the postings of some terms in some segments
SELECT p.segment_id, p.term, p.postings
FROM json_each(:segments) AS s CROSS JOIN json_each(:terms) AS t CROSS JOIN postings AS p
WHERE p.segment_id = s.value AND p.term = t.value AND p.tenant_id = :tenant_id;

-- retired_documents: what the index holds but nobody may find
SELECT document_number FROM retired WHERE tenant_id = :tenant_id AND is_indexed;

-- source_numbers: what the index knows some sources by
SELECT source_number FROM sources
WHERE tenant_id = :tenant_id AND id IN (SELECT value FROM json_each(:source_ids));

-- found_documents: documents by the numbers of their present versions
SELECT
    d.document_number, d.id, s.id, d.path, d.title, d.filename, d.media_type, d.status, d.reason, d.digest,
    d.size, d.modified_ns, d.chunk_count, d.created_at, d.updated_at
FROM documents AS d JOIN sources AS s USING (source_number)
WHERE d.tenant_id = :tenant_id AND d.document_number IN (SELECT value FROM json_each(:numbers));

-- found_chunks: chunks by their places
SELECT place, begins, ends, text, page, heading FROM chunks
WHERE tenant_id = :tenant_id AND place IN (SELECT value FROM json_each(:places));

-- postings_after: a segment's terms in order, from one on
SELECT term, postings FROM postings
WHERE segment_id = :segment_id AND tenant_id = :tenant_id AND term > :after
ORDER BY term LIMIT :limit;

-- unswept_document: a retired document that has chunks
SELECT document_number FROM retired WHERE has_chunks LIMIT 1;

-- sweep_chunks: some of the chunks in a range
DELETE FROM chunks WHERE place IN (SELECT place FROM chunks WHERE place >= :first AND place < :beyond LIMIT 500);

-- swept_document: it has none any more
UPDATE retired SET has_chunks = 0 WHERE document_number = :document_number;

-- forget_retired: nothing is left of them
DELETE FROM retired WHERE NOT has_chunks AND NOT is_indexed;

-- unswept_segments: replaced ones and those that are open
SELECT segment_id, state, first_number, document_count FROM segments WHERE state <> 'published';

-- sweep_postings: some of a segment's terms
DELETE FROM postings
WHERE segment_id = :segment_id
    AND term IN (SELECT term FROM postings WHERE segment_id = :segment_id ORDER BY term LIMIT 2000);

-- delete_segment: its row
DELETE FROM segments WHERE segment_id = :segment_id;
