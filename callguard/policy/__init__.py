"""The household's policy: pure judgement over evidence."""
