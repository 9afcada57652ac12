"""The network that tests of plugins see behaves like the guarded one."""

from pathlib import Path

import pytest

from callguard import FetchError, TooLargeError, Web
from callguard.testing import FakeWeb, FaultyServer, Page, a_home

URL = "https://lists.example/list.csv?key=hunter2"


@pytest.fixture(params=["fake", "guarded"])
async def web_and_url(request: pytest.FixtureRequest, server: FaultyServer) -> tuple[Web, str]:
    page = Page(body=b"+12025550123", headers={"etag": '"7"', "content-type": "text/csv"})
    if request.param == "fake":
        return FakeWeb({URL: page}), URL
    server.pages["/list.csv"] = page
    return server.web(), server.url("/list.csv?key=hunter2")


async def test_a_page_is_fetched_once_and_then_unchanged(web_and_url: tuple[Web, str], tmp_path: Path) -> None:
    web, url = web_and_url
    to = tmp_path / "new" / "list.csv"
    first = await web.fetch(url, to=to)
    assert (first.status, first.size, first.body, first.content_type) == (200, 12, b"", "text/csv")
    assert to.read_bytes() == b"+12025550123"
    assert (await web.fetch(url)).body == b"+12025550123"
    again = await web.fetch(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", '"7"')


async def test_what_is_missing_or_too_large_is_refused(web_and_url: tuple[Web, str]) -> None:
    web, url = web_and_url
    with pytest.raises(TooLargeError):
        await web.fetch(url, limit=11)
    with pytest.raises(FetchError, match=r"/none\?… answered 404") as raised:
        await web.fetch(url.replace("/list.csv", "/none"))
    assert raised.value.status == 404


async def test_a_page_may_answer_what_it_is_asked_or_fail(tmp_path: Path) -> None:
    web = FakeWeb(
        {"https://a.example/": lambda asked: asked.body, "https://b.example/": FetchError("down", status=503)}
    )
    home = a_home(tmp_path, web=web)
    assert (await home.web.fetch("https://a.example/", method="POST", body=b"echo")).body == b"echo"
    with pytest.raises(FetchError, match="down"):
        await home.web.fetch("https://b.example/", headers={"X-Key": "1"})
    assert [(asked.method, asked.url) for asked in web.asked] == [
        ("POST", "https://a.example/"),
        ("GET", "https://b.example/"),
    ]
    assert web.asked[1].headers == {"x-key": "1"}
