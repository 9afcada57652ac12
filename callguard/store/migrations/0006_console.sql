-- What the console looks for: how each call was experienced, whose list or rule decided, what the household says of it,
-- and every word in it. `read_out` is callguard/store/columns.py: it reads these columns out of a record's body.

DROP TRIGGER calls_counted;
DROP TRIGGER calls_recounted;
ALTER TABLE calls RENAME TO calls_before;

CREATE TABLE calls (
  seq             INTEGER PRIMARY KEY,  -- in the order of recording; a rowid with a name survives VACUUM
  id              TEXT NOT NULL,
  received_at     INTEGER NOT NULL,     -- milliseconds since 1970, UTC
  line            TEXT NOT NULL,
  number          TEXT,                 -- as presented, E.164; NULL where none was
  name            TEXT NOT NULL,
  action          TEXT NOT NULL,
  rung            INTEGER NOT NULL,
  outcome         TEXT,                 -- NULL while the call goes on, or if the line never said
  policy          TEXT NOT NULL,        -- key in policies
  experience      TEXT NOT NULL,
  source          TEXT NOT NULL,        -- plugin that decided; '' if a setting did
  key             TEXT NOT NULL,        -- name of its list, or id of its rule, as in hits
  opinion         TEXT,                 -- NULL where none is asked
  opinion_version INTEGER NOT NULL DEFAULT 0,  -- the change that made it; 0 for none
  facts           TEXT NOT NULL,        -- texts of the evidence, to be searched
  body            TEXT NOT NULL
) STRICT;
INSERT INTO calls (id, received_at, line, number, name, action, rung, outcome, policy,
  experience, source, key, opinion, facts, body)
SELECT id, received_at, line, number, name, action, rung, outcome, policy,
  ifnull(read_out(body, 'experience'), CASE action WHEN 'ring' THEN 'rang' WHEN 'block' THEN 'blocked' ELSE 'screened' END),
  ifnull(read_out(body, 'source'), ''), ifnull(read_out(body, 'key'), ''),
  read_out(body, 'opinion'), ifnull(read_out(body, 'facts'), ''), body
FROM calls_before ORDER BY received_at, id;  -- by its old index, which goes with it
DROP TABLE calls_before;

CREATE UNIQUE INDEX calls_id ON calls (id);
-- Holds every column that a list may be filtered by, so that a million calls are looked through without their bodies.
CREATE INDEX calls_newest ON calls (received_at, seq, line, action, experience, source, key, opinion, number, name);
CREATE INDEX calls_by_experience ON calls (experience, received_at, seq);
CREATE INDEX calls_by_number ON calls (number, received_at, seq, experience) WHERE number IS NOT NULL;
CREATE INDEX calls_by_opinion ON calls (opinion, received_at, seq) WHERE opinion IS NOT NULL;

-- Kept in step by callguard/store/words.py: a trigger would have each call write a part of the index of its own.
CREATE VIRTUAL TABLE calls_text USING fts5 (
  number, name, facts, content = 'calls', content_rowid = 'seq', columnsize = 0, tokenize = 'trigram'
);
INSERT INTO calls_text (calls_text, rank) VALUES ('pgsz', 1000);  -- it is merged by pages, and a call may wait for it
INSERT INTO calls_text (calls_text) VALUES ('rebuild');

-- Counters that stay when calls are removed: by quarters of an hour, because there are clocks that are 45 minutes off.
CREATE TABLE tallies (
  quarter     INTEGER PRIMARY KEY,  -- quarters of an hour since 1970, UTC
  rang        INTEGER NOT NULL,
  blocked     INTEGER NOT NULL,
  screened    INTEGER NOT NULL,
  let_through INTEGER NOT NULL,
  gone        INTEGER NOT NULL
) STRICT;
INSERT INTO tallies
SELECT received_at / 900000, sum(experience = 'rang'), sum(experience = 'blocked'), sum(experience = 'screened'),
  sum(experience = 'let-through'), sum(experience = 'gone')
FROM calls GROUP BY 1;

-- Counters by caller, until the last call of that number is removed.
CREATE TABLE callers (
  number   TEXT NOT NULL PRIMARY KEY,  -- E.164
  first_at INTEGER NOT NULL,           -- milliseconds since 1970, UTC
  last_at  INTEGER NOT NULL,
  calls    INTEGER NOT NULL,
  blocked  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO callers
SELECT number, min(received_at), max(received_at), count(*), sum(experience = 'blocked')
FROM calls WHERE number IS NOT NULL GROUP BY number;
CREATE INDEX callers_blocked ON callers (blocked, last_at) WHERE blocked > 0;

CREATE TRIGGER calls_counted AFTER INSERT ON calls
BEGIN
  INSERT INTO counts (hour, action, outcome, calls)
  VALUES (new.received_at / 3600000, new.action, ifnull(new.outcome, ''), 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
  INSERT INTO tallies (quarter, rang, blocked, screened, let_through, gone)
  VALUES (new.received_at / 900000, new.experience = 'rang', new.experience = 'blocked', new.experience = 'screened',
    new.experience = 'let-through', new.experience = 'gone')
  ON CONFLICT DO UPDATE SET rang = rang + excluded.rang, blocked = blocked + excluded.blocked,
    screened = screened + excluded.screened, let_through = let_through + excluded.let_through,
    gone = gone + excluded.gone;
  INSERT INTO callers (number, first_at, last_at, calls, blocked)
  SELECT new.number, new.received_at, new.received_at, 1, new.experience = 'blocked' WHERE new.number IS NOT NULL
  ON CONFLICT DO UPDATE SET first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
    calls = calls + 1, blocked = blocked + excluded.blocked;
END;

CREATE TRIGGER calls_recounted AFTER UPDATE OF received_at, number, action, outcome, experience ON calls
BEGIN
  UPDATE counts SET calls = calls - 1
  WHERE hour = old.received_at / 3600000 AND action = old.action AND outcome = ifnull(old.outcome, '');
  INSERT INTO counts (hour, action, outcome, calls)
  VALUES (new.received_at / 3600000, new.action, ifnull(new.outcome, ''), 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
  UPDATE tallies SET rang = rang - (old.experience = 'rang'), blocked = blocked - (old.experience = 'blocked'),
    screened = screened - (old.experience = 'screened'), let_through = let_through - (old.experience = 'let-through'),
    gone = gone - (old.experience = 'gone')
  WHERE quarter = old.received_at / 900000;
  INSERT INTO tallies (quarter, rang, blocked, screened, let_through, gone)
  VALUES (new.received_at / 900000, new.experience = 'rang', new.experience = 'blocked', new.experience = 'screened',
    new.experience = 'let-through', new.experience = 'gone')
  ON CONFLICT DO UPDATE SET rang = rang + excluded.rang, blocked = blocked + excluded.blocked,
    screened = screened + excluded.screened, let_through = let_through + excluded.let_through,
    gone = gone + excluded.gone;
  UPDATE callers SET calls = calls - 1, blocked = blocked - (old.experience = 'blocked') WHERE number = old.number;
  INSERT INTO callers (number, first_at, last_at, calls, blocked)
  SELECT new.number, new.received_at, new.received_at, 1, new.experience = 'blocked' WHERE new.number IS NOT NULL
  ON CONFLICT DO UPDATE SET first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
    calls = calls + 1, blocked = blocked + excluded.blocked;
END;

ALTER TABLE hits ADD COLUMN only INTEGER NOT NULL DEFAULT 0;  -- calls that nothing else would have stopped

-- What is left of calls that were removed. The pseudonym is a hash of the number under a key that is kept elsewhere.
CREATE TABLE past_calls (
  seq          INTEGER PRIMARY KEY,
  received_at  INTEGER NOT NULL,
  line         TEXT NOT NULL,
  experience   TEXT NOT NULL,
  calling_code TEXT NOT NULL,  -- what the number began with: +1, +44; '' for none
  pseudonym    TEXT            -- NULL where no number was
) STRICT;
CREATE INDEX past_calls_by_caller ON past_calls (pseudonym) WHERE pseudonym IS NOT NULL;

-- Up to when calls were removed by the household's retention; at most one row.
CREATE TABLE gone (
  before        INTEGER NOT NULL,  -- milliseconds since 1970, UTC
  pseudonymised INTEGER NOT NULL,
  at            INTEGER NOT NULL
) STRICT;
