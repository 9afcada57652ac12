"""XML from outside: no document type, so no entities to expand; nothing is fetched, everything is bounded."""

from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

_DEEPEST = 100


class NotXmlError(ValueError):
    """It is no XML, or XML that tries something."""


class _Builder(ET.TreeBuilder):
    """Refuses what only an attack needs; expat calls it before it reads the first declaration."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, _: str, __: str | None, ___: str | None) -> None:
        """Refuse a document type: entities are declared there, and files or addresses named."""
        raise NotXmlError("it has a document type, which may hide an attack")

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Begin an element, unless it is nested without end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotXmlError("it is nested without end")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        """End an element."""
        self._depth -= 1
        return super().end(tag)


def parse_xml(data: bytes) -> Element:
    """Return the root of *data*; NotXmlError in one sentence."""
    parser = ET.XMLParser(target=_Builder())
    try:
        parser.feed(data)
        root: Element = parser.close()
    except ET.ParseError as error:
        raise NotXmlError(f"it is no XML ({error.msg if hasattr(error, 'msg') else error})") from None
    except (ValueError, LookupError) as error:  # such as an encoding that Python does not have
        raise error if isinstance(error, NotXmlError) else NotXmlError("it is no XML that can be read") from None
    return root
