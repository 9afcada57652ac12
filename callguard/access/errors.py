"""What can go wrong with people and their access, each in words for the person who asked."""


class AccessError(Exception):
    """The file of people says no, or cannot be used."""


class AccessUnreadableError(AccessError):
    """The file of people cannot be opened, or is damaged; the words say what to do."""


class LastAdminError(AccessError):
    """Without this person nobody could change settings or let people in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the only admin: make somebody else an admin first")


class NameTakenError(AccessError):
    """Somebody is called that already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a {name} already: choose another name")


class BadNameError(AccessError):
    """That is no name."""

    def __init__(self, longest: int) -> None:
        super().__init__(f"a name has 1 to {longest} characters")


class NoSuchPersonError(AccessError):
    """Nobody is called that."""

    def __init__(self, name: str) -> None:
        super().__init__(f"nobody is called {name}: `callguard user list` names everybody")


class NoSuchTokenError(AccessError):
    """There is no such token."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no token {number}: `callguard token list` shows them")


class AlreadySetUpError(AccessError):
    """Somebody has an account, so that no set-up code is given or taken."""

    def __init__(self) -> None:
        super().__init__("this house is set up already: an admin adds people, or `callguard user add` does")
