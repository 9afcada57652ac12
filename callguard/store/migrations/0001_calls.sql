-- One row a call. The columns are for finding it, the body (callguard/model/wire.py) for explaining it.

CREATE TABLE policies (
  key  TEXT NOT NULL PRIMARY KEY,  -- made from the content, so that every distinct policy is kept once
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE calls (
  id          TEXT NOT NULL PRIMARY KEY,
  received_at INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  line        TEXT NOT NULL,
  number      TEXT,              -- as presented, E.164; NULL where none was
  name        TEXT NOT NULL,
  action      TEXT NOT NULL,
  rung        INTEGER NOT NULL,
  outcome     TEXT,              -- NULL while the call goes on, or if the line never said
  policy      TEXT NOT NULL,     -- key in policies
  body        TEXT NOT NULL
) STRICT;
CREATE INDEX calls_newest ON calls (received_at, id);
CREATE INDEX calls_by_number ON calls (number, received_at, id) WHERE number IS NOT NULL;
CREATE INDEX calls_by_action ON calls (action, received_at, id);

-- Counters by hour, so that totals need no scan; they stay when old calls are removed.
CREATE TABLE counts (
  hour    INTEGER NOT NULL,  -- hours since 1970, UTC
  action  TEXT NOT NULL,
  outcome TEXT NOT NULL,     -- '' for none yet
  calls   INTEGER NOT NULL,
  PRIMARY KEY (hour, action, outcome)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER calls_counted AFTER INSERT ON calls
BEGIN
  INSERT INTO counts (hour, action, outcome, calls)
  VALUES (new.received_at / 3600000, new.action, ifnull(new.outcome, ''), 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
END;

CREATE TRIGGER calls_recounted AFTER UPDATE OF received_at, action, outcome ON calls
BEGIN
  UPDATE counts SET calls = calls - 1
  WHERE hour = old.received_at / 3600000 AND action = old.action AND outcome = ifnull(old.outcome, '');
  INSERT INTO counts (hour, action, outcome, calls)
  VALUES (new.received_at / 3600000, new.action, ifnull(new.outcome, ''), 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
END;
