-- What readiness writes to, to see whether it can.
CREATE TABLE health (checked_at INTEGER NOT NULL);
INSERT INTO health VALUES (0);
