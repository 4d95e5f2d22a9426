-- The index of events says its tenant like every other row.
CREATE TABLE places_of_events (
    turn_key  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    place     INTEGER NOT NULL,
    tenant_id TEXT NOT NULL,
    PRIMARY KEY (turn_key, seq)
) WITHOUT ROWID;
INSERT INTO places_of_events (turn_key, seq, place, tenant_id)
SELECT indexed.turn_key, indexed.seq, indexed.place, turns.tenant_id
FROM event_places AS indexed JOIN turns ON turns.turn_key = indexed.turn_key;
DROP TABLE event_places;
ALTER TABLE places_of_events RENAME TO event_places;

-- Turns that are gone and whose logs are being removed, piece by piece.
CREATE TABLE deletions (
    turn_key  INTEGER NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL
);
