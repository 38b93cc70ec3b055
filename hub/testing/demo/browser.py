"""A browser without a screen: follows redirects, keeps cookies, reads forms and posts them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

_SENT_ON = {"id_token", "error", "lti_message_hint", "JWT", "SAMLResponse"}
"""Fields of the forms that LTI and SAML send on by JavaScript."""


@dataclass
class Form:
    """A form of a page: where it goes, and what it carries."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True)
class Page:
    """A page as it arrived. ``text`` is what a person reads, white space folded."""

    url: str
    status: int
    html: str
    text: str
    forms: tuple[Form, ...]

    def form(self, action_part: str) -> Form:
        """The first form whose action contains a text; AssertionError with what there is otherwise."""
        for form in self.forms:
            if action_part in form.action:
                return form
        raise AssertionError(f"{self.url} has no form towards {action_part}; it says: {self.text[:300]}")


class Browser:
    """One person's browser. Cookies know hosts but not ports, as in real browsers."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, address: str) -> Page:
        """Open an address, absolute or below the hub's."""
        return self._page(self.session.get(urljoin(self.home, address), timeout=15))

    def submit(self, form: Form, **fields: str) -> Page:
        """Fill in a form and send it."""
        data = {**form.fields, **fields}
        if form.method == "get":
            return self._page(self.session.get(form.action, params=data, timeout=15))
        return self._page(self.session.post(form.action, data=data, timeout=15))

    def post_json(self, address: str, **fields: str) -> requests.Response:
        """Post fields to an outside system and take its JSON answer."""
        return self.session.post(address, data=fields, headers={"Accept": "application/json"}, timeout=15)

    def _page(self, response: requests.Response) -> Page:
        reader = _PageReader(response.url)
        reader.feed(response.text)
        page = Page(
            response.url, response.status_code, response.text, " ".join(reader.words), tuple(reader.forms)
        )
        only = page.forms[0] if len(page.forms) == 1 else None
        if only and _SENT_ON & only.fields.keys():
            return self.submit(only)  # a page that a browser with JavaScript sends on by itself
        return page


class _PageReader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.words: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "template"}:
            self._silent += 1
        elif tag == "form":
            self._form = Form(
                urljoin(self.url, values.get("action", "")), values.get("method", "get").lower()
            )
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and values.get("name"):
            chosen = values.get("type") not in {"checkbox", "radio", "submit"} or "checked" in values
            if chosen:
                self._form.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "template"}:
            self._silent = max(0, self._silent - 1)
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            folded = " ".join(data.split())
            self.words.append(folded)
            if self._form is not None:
                self._form.words = f"{self._form.words} {folded}".strip()
