-- The plugins' sentences, so that a record can be explained after its plugin is gone. The newest wording wins: codes
-- and facts are what the record keeps, words are only how they are read.

CREATE TABLE phrases (
  source   TEXT NOT NULL,
  code     TEXT NOT NULL,
  sentence TEXT NOT NULL,
  PRIMARY KEY (source, code)
) STRICT, WITHOUT ROWID;
