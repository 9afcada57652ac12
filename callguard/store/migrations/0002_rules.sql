-- The household's allow and block lists, and every change of them. A removed rule stays, so that undo brings back the
-- very same one.

CREATE TABLE rules (
  id         INTEGER PRIMARY KEY,
  list       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  value      TEXT NOT NULL,
  note       TEXT NOT NULL,
  created_at INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  origin     TEXT NOT NULL,
  in_force   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rules_in_force ON rules (list, kind, value) WHERE in_force = 1;

CREATE TABLE changes (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  by        TEXT NOT NULL,
  what      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  rule      INTEGER NOT NULL,  -- id in rules
  in_force  INTEGER NOT NULL,  -- whether the rule is in force after this change
  undoes    INTEGER,           -- the change that this one takes back
  undone_by INTEGER
) STRICT;
CREATE INDEX changes_by_rule ON changes (rule, id);
