"""Which agency a complaint goes to, from what each says that it handles."""

from callguard import Agency, CallRecord, Circumstances, Jurisdiction, Presentation
from callguard_complaints.answers import said

REGISTRY, TEXT, DEBT, SPOOFING = "registry", "text", "debt", "spoofing"
"""What an agency may handle. One that handles spoofing takes complaints about callers nobody can name."""


def agency_for(law: Jurisdiction, record: CallRecord, household: Circumstances, wanted: str) -> Agency | None:
    """Return the agency that was asked for, else the one that handles such calls; None if there is none."""
    if wanted:
        return next((one for one in law.agencies if one.id == wanted), None)
    if is_nameless(record, household):
        nameless = handler(law, SPOOFING)
        if nameless is not None:
            return nameless
    fitting = [one for one in law.agencies if REGISTRY in one.handles] or law.agencies
    return min(fitting, key=lambda one: not one.fields, default=None)  # first those whose form is known


def handler(jurisdiction: Jurisdiction | None, what: str) -> Agency | None:
    """Return the first agency that handles *what*."""
    agencies = jurisdiction.agencies if jurisdiction else ()
    return next((one for one in agencies if what in one.handles), None)


def specialist(jurisdiction: Jurisdiction | None, what: str) -> Agency | None:
    """Return the agency that handles *what* and the least besides: where others would send one on to."""
    agencies = jurisdiction.agencies if jurisdiction else ()
    return min((one for one in agencies if what in one.handles), key=lambda one: len(one.handles), default=None)


def is_nameless(record: CallRecord, household: Circumstances) -> bool:
    """Tell whether neither a number was shown nor a name is known."""
    caller = record.call.caller
    has_number = caller.presentation is Presentation.SHOWN and caller.number is not None
    return not has_number and not said(household.answers, "caller_name")
