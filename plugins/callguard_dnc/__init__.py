"""Whether the household's lines are on a Do Not Call registry, and the law that goes with it, as data."""
