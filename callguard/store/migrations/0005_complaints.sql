-- Whom the household deals with, and what it said and did about complaints. Each has a version as settings have: the
-- change that made it what it is; in that change's `did` stands [null, body before, body after].
--   relationship:ID            complaint:CALL:AGENCY

CREATE TABLE relationships (
  id      INTEGER PRIMARY KEY,
  body    TEXT,  -- JSON; NULL where it was removed
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE complaints (
  call    TEXT NOT NULL,
  agency  TEXT NOT NULL,
  body    TEXT,  -- JSON; NULL where an undo took it back
  version INTEGER NOT NULL,
  PRIMARY KEY (call, agency)
) STRICT, WITHOUT ROWID;
