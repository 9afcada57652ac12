"""What lists call the kinds of complaints, and what CallGuard calls them."""

import re
from functools import lru_cache

from callguard import Category

# How words begin, in this order: “lottery scam” is fraud before it is gambling.
_BEGINNINGS: tuple[tuple[Category, tuple[str, ...]], ...] = (
    (Category.LEGITIMATE, ("legit", "harmless")),
    (Category.FRAUD, ("fraud", "scam", "phish", "spoof", "impost", "imperson", "betrug", "arnaque")),
    (Category.DEBT, ("debt", "collect", "inkasso")),
    (Category.CHARITY, ("charit", "nonprofit", "donat")),
    (Category.SURVEY, ("survey", "poll", "umfrage", "sondage", "politic")),
    (Category.GAMBLING, ("gambl", "lotter", "gewinnspiel")),
    (Category.PING, ("ping", "wangiri")),
    (Category.SILENT, ("silent", "hang", "dropped")),
    (Category.TELEMARKETING, ("telemark", "market", "sales", "advert", "werb", "démarch", "demarch", "robocall")),
    (Category.TELEMARKETING, ("telesales", "solicit", "promot")),
)
_BETWEEN = re.compile(r"[\W_]+")
_LONGEST = 80


@lru_cache(maxsize=512)
def category_of(word: str) -> Category:
    """Return the category that a list's own *word* means; UNKNOWN if it means none."""
    tokens = _BETWEEN.split(word[:_LONGEST].casefold())
    for category, beginnings in _BEGINNINGS:
        if any(token.startswith(beginnings) for token in tokens):
            return category
    return Category.UNKNOWN
