"""What the steps of the demo's story are made of: somebody's browser, something to see, and a wait until it is there."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

import requests

from hub.testing.demo.browser import Browser, Page
from hub.testing.demo.stage import Stage
from hub.testing.demo.story import LENA, PASSWORD, DemoPerson

CREDIT_SECONDS = 10.0
"""How long a credit is waited for before the step fails; how long it took is printed."""
POLL_SECONDS = 0.05

Seen = TypeVar("Seen")


class StepFailed(Exception):
    """A step of the story did not hold."""


@dataclass
class Walk:
    """A walk over a stage. ``tell`` is called with (mark, sentence) for everything that was seen."""

    stage: Stage
    tell: Callable[[str, str], None]
    browsers: dict[str, Browser] = field(default_factory=dict)

    def see_at(self, browser: Browser, address: str, words: str) -> None:
        """Wait until the page there has words that match the pattern ``words``."""
        page = self.until(lambda: browser.get(address), lambda p: re.search(words, p.text) is not None)
        found = re.search(words, page.text)
        self.see(found is not None, f"{address} shows: {found[0][-70:] if found else words}")

    def notices(self) -> list[object]:
        """What the employer's system was told of by the webhooks."""
        notices = requests.get(f"{self.stage.riverside_url}/notices", timeout=15).json()
        return notices if isinstance(notices, list) else []

    def sign_in(self, person: DemoPerson) -> Browser:
        """The person's browser, signed in at the first call."""
        if person.id not in self.browsers:
            browser = Browser(self.stage.hub_url)
            login = browser.submit(browser.get("/sign-in").form("/sign-in"), email=person.email)
            page = browser.submit(login.form("/login"), username=person.email, password=PASSWORD)
            if page.status != 200 or not page.url.startswith(self.stage.hub_url):
                raise StepFailed(f"{person.name} cannot sign in: {page.text}")
            self.browsers[person.id] = browser
        return self.browsers[person.id]

    def launch(self, person: DemoPerson, title: str) -> Page:
        """Press the start button of a course, and follow it to the LMS."""
        browser = self.browsers[person.id]
        page = browser.get("/my-training")
        for form in page.forms:
            if "/launch/" in form.action and title in form.words:
                return browser.submit(form)
        raise StepFailed(f"no start button names {title}: {[f.words for f in page.forms]}")

    def wait_for_credit(self, person: DemoPerson, title: str) -> Page:
        """My training, once the course is done there."""
        browser = self.browsers[person.id]

        def is_done(page: Page) -> bool:
            return (
                not any("/launch/" in f.action and title in f.words for f in page.forms)
                and title in page.text
            )

        page = self.until(lambda: browser.get("/my-training"), is_done)
        self.see(is_done(page), f"{title} is credited.")
        return page

    def why(self, browser: Browser, page: Page, title: str) -> Page:
        """The page that says why this line is there."""
        ids = sorted(set(re.findall(r"/my-training/why/([0-9a-f-]{36})", page.html)))
        pages = [browser.get(f"/my-training/why/{id}") for id in ids]
        return next(p for p in pages if f"Why: {title}" in p.text)

    def statements(self, operator: Browser) -> list[str]:
        """The ids of all statements, as the newest page of the operator's list has them."""
        return re.findall(r'<li data-id="([0-9a-f-]{36})"', operator.get("/admin/statements").html)

    def credits(self, operator: Browser) -> list[str]:
        """Lena's credits, as the newest page of the operator's list has them."""
        page = operator.get(f"/admin/credits?{urlencode({'who': LENA.name})}")
        return re.findall(
            r'<p class="entry-title">.*?</p>\s*<p class="entry-meta">.*?</p>', page.html, re.DOTALL
        )

    def until(self, look: Callable[[], Seen], holds: Callable[[Seen], bool]) -> Seen:
        """What ``look`` sees when ``holds`` says so, or at the end of CREDIT_SECONDS."""
        end = time.monotonic() + CREDIT_SECONDS
        seen = look()
        while not holds(seen) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
            seen = look()
        return seen

    def see(self, holds: bool, sentence: str) -> None:
        """Tell that something was seen; StepFailed when it does not hold."""
        if not holds:
            raise StepFailed(sentence)
        self.tell("saw", sentence)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step of the story: whatever goes wrong in it is told and ends in StepFailed."""
        self.tell("step", name.replace("_", " ").capitalize())
        try:
            yield
        except StepFailed as failure:
            self.tell("failed", f"This did not hold: {failure}")
            raise
        except (AssertionError, requests.RequestException, LookupError, StopIteration) as failure:
            self.tell("failed", f"This did not hold: {type(failure).__name__}: {failure}")
            raise StepFailed(str(failure)) from failure


def path_of(page: Page) -> str:
    """The path of the page's address."""
    return "/" + page.url.split("://", 1)[1].partition("/")[2].partition("?")[0]
