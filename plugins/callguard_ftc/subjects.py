"""What people complain of, in the agencies' words and in ours."""

from functools import lru_cache

from callguard import Category

# The FTC's fifteen subjects have been the same from 2019 to 2026; some have two spaces before the &, so they are
# compared with their white space collapsed. Debt collection and surveys are on its form, but are never published.
_FTC = {
    "calls pretending to be government, businesses, or family and friends": Category.FRAUD,
    "computer & technical support": Category.FRAUD,
    "reducing your debt (credit cards, mortgage, student loans)": Category.TELEMARKETING,
    "warranties & protection plans": Category.TELEMARKETING,
    "medical & prescriptions": Category.TELEMARKETING,
    "energy, solar, & utilities": Category.TELEMARKETING,
    "home improvement & cleaning": Category.TELEMARKETING,
    "home security & alarms": Category.TELEMARKETING,
    "vacation & timeshares": Category.TELEMARKETING,
    "work from home & other ways to make money": Category.TELEMARKETING,
    "lotteries, prizes & sweepstakes": Category.TELEMARKETING,
    "charities": Category.CHARITY,
    "dropped call or no message": Category.SILENT,
    "no subject provided": Category.UNKNOWN,
    "other": Category.UNKNOWN,
}
_FCC = {"abandoned calls": Category.SILENT, "abandoned call": Category.SILENT}


@lru_cache(maxsize=256)
def collapsed(text: str) -> str:
    """Return *text* with single spaces, as subjects are compared."""
    return " ".join(text.split())


@lru_cache(maxsize=256)
def ftc_category(subject: str) -> Category:
    """Return the category of one of the FTC's subjects; of a new one, unknown."""
    return _FTC.get(collapsed(subject).lower(), Category.UNKNOWN)


@lru_cache(maxsize=256)
def fcc_category(kind_of_call: str) -> Category:
    """Return the category of one of the FCC's kinds of call; nearly all of them say how it was made, not why."""
    return _FCC.get(collapsed(kind_of_call).lower(), Category.UNKNOWN)
