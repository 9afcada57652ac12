"""What several SIP tests stand on."""

import pytest

from tests.plugins.sip.helpers.transcript import Scene


@pytest.fixture
def scene() -> Scene:
    """A trunk with the plain treatment: the registrar is trusted, the socket open."""
    return Scene()
