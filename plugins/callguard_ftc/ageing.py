"""How fast a report loses its weight."""

from datetime import timedelta

HALF_LIFE = timedelta(days=30)
"""Of the numbers with three reports or more in 2020-21 half were reported for 13 days, nine in ten for 98 days."""
DROP_AFTER = timedelta(days=90)
