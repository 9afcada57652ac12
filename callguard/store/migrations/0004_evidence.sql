-- Rules that know lines, hours, an end and a number of uses; contacts; whom the household dialled and answered; settings
-- made outside config.yaml; one log of changes for all of it; counters of what lists and rules found.

ALTER TABLE rules ADD COLUMN line TEXT NOT NULL DEFAULT '';      -- '' for every line
ALTER TABLE rules ADD COLUMN schedule TEXT NOT NULL DEFAULT '';  -- as callguard.model.schedule writes it; '' for always
ALTER TABLE rules ADD COLUMN until INTEGER;                      -- milliseconds since 1970, UTC; NULL for no end
ALTER TABLE rules ADD COLUMN uses_left INTEGER;                  -- NULL for any number
DROP INDEX rules_in_force;
CREATE UNIQUE INDEX rules_in_force ON rules (list, kind, value, line, schedule) WHERE in_force = 1;

-- Which calls a rule with a number of uses decided, so that none counts twice.
CREATE TABLE uses (
  rule INTEGER NOT NULL,
  call TEXT NOT NULL,
  PRIMARY KEY (rule, call)
) STRICT, WITHOUT ROWID;

-- What a change did stands in it as [what, before, after]; to undo it is to do the opposite.
--   rules           [null, id of the rule put out of force, id of the rule put in force], either may be null
--   book:NAME       [uid, contact before, contact after], a contact being [name, [number, ...]] or null
--   setting:KEY     [null, value before, value after], in a list of one each, or null where it was not set
-- A book or a setting has a version: the change that made it what it is. An undo brings the earlier version back, so
-- that a change can be undone exactly while the version it left is there.
CREATE TABLE changes_of_everything (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  by        TEXT NOT NULL,
  what      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  undoes    INTEGER,           -- the change that this one takes back
  undone_by INTEGER,
  about     TEXT NOT NULL,
  found     INTEGER NOT NULL,  -- version before; 0 for none, and for rules
  made      INTEGER NOT NULL,  -- version after
  did       TEXT NOT NULL
) STRICT;
INSERT INTO changes_of_everything
  SELECT id, at, by, what, subject, undoes, undone_by, 'rules', 0, 0,
    CASE in_force WHEN 1 THEN '[[null,null,' || rule || ']]' ELSE '[[null,' || rule || ',null]]' END
  FROM changes;
DROP TABLE changes;
ALTER TABLE changes_of_everything RENAME TO changes;

CREATE TABLE books (
  book    TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE contacts (
  book    TEXT NOT NULL,
  uid     TEXT NOT NULL,
  name    TEXT NOT NULL,
  numbers TEXT NOT NULL,  -- JSON list of E.164
  PRIMARY KEY (book, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE acquaintances (
  number      TEXT NOT NULL PRIMARY KEY,  -- E.164
  dialled_at  INTEGER,                    -- milliseconds since 1970, UTC
  answered_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX acquaintances_dialled ON acquaintances (dialled_at) WHERE dialled_at IS NOT NULL;

CREATE TABLE settings (
  key     TEXT NOT NULL PRIMARY KEY,
  value   TEXT,  -- JSON; NULL where it was removed
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Counters by day, so that the use of a list or a rule is known without reading calls; they stay when old calls are
-- removed. Written by callguard/store/hits.py, which finds the keys in the evidence.
CREATE TABLE hits (
  day     INTEGER NOT NULL,  -- days since 1970, UTC
  source  TEXT NOT NULL,     -- plugin
  key     TEXT NOT NULL,     -- name of a list, or id of a rule
  hits    INTEGER NOT NULL,
  decided INTEGER NOT NULL,
  last_at INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  PRIMARY KEY (day, source, key)
) STRICT, WITHOUT ROWID;
