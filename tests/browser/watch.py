"""What may not happen while a page is open, and what a page may not be."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

# The browser's own word for an answer that a test asked for: a wrong address, a wrong choice.
_ASKED_FOR = "Failed to load resource: the server responded with a status of 40"

# Wider than the screen, unless inside a region that says that it scrolls. The skip link waits
# outside, and what only screen readers get has no place.
_OVERFLOW = """() => {
  const wide = [], room = document.documentElement.clientWidth;
  for (const one of document.body.querySelectorAll("*")) {
    if (one.closest("[tabindex='0']") && !one.matches("[tabindex='0']")) continue;
    const box = one.getBoundingClientRect();
    if (!box.width || one.matches(".skip") || getComputedStyle(one).clipPath !== "none") continue;
    if (box.right > room + 1 || box.left < -1)
      wide.push(`${one.tagName} ${one.className} ${box.left} to ${box.right} of ${room}`);
  }
  if (document.documentElement.scrollWidth > room) wide.push("the page itself scrolls");
  return wide;
}"""

# Text that runs over the edge of its card, in the letters that the browser really drew.
_SPILLED = """() => [...document.querySelectorAll(".k-group-card, .k-group-touchpoint")]
  .flatMap(card => {
    const frame = card.querySelector("rect").getBBox();
    return [...card.querySelectorAll("text")].filter(text => {
      const box = text.getBBox();
      return box.x < frame.x || box.x + box.width > frame.x + frame.width + 0.5
        || box.y < frame.y || box.y + box.height > frame.y + frame.height + 1;
    }).map(text => text.textContent);
  })"""


class Watch:
    """Collects what goes wrong in a page while a test uses it."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        self._page = page
        self._loading: list[Request] = []
        self._left: list[Request] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._asked)
        page.on("requestfinished", self._done)
        page.on("requestfailed", self._failed)
        # The browser says of a download that its page was given up; before it or after.
        self._saved: set[str] = set()
        page.on("download", lambda download: self._save(download.url))

    def _said(self, message: ConsoleMessage) -> None:
        # Breaches of the content security policy are told here too.
        if message.type in {"error", "warning"} and not message.text.startswith(_ASKED_FOR):
            self.faults.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            # Going on to another page ends what the one before was still loading.
            self._left, self._loading = self._loading, []
        self._loading.append(request)

    def _done(self, request: Request) -> None:
        if request in self._loading:
            self._loading.remove(request)

    def _failed(self, request: Request) -> None:
        was_left = request in self._left or self._page.is_closed()
        is_saved = request.url in self._saved
        if request.failure != "net::ERR_ABORTED" or not (was_left or is_saved):
            self.faults.append(f"request: {request.url} {request.failure}")
        self._done(request)

    def _save(self, address: str) -> None:
        self._saved.add(address)
        given_up = f"request: {address} net::ERR_ABORTED"
        self.faults = [fault for fault in self.faults if fault != given_up]


def violations(page: Page) -> list[str]:
    """What axe finds wrong, each with its first place."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']} at {one['nodes'][0]['html'][:200]}" for one in found]


def too_wide(page: Page) -> list[str]:
    """Elements that stick out of the screen."""
    found: list[str] = page.evaluate(_OVERFLOW)
    return found


def spilled(page: Page) -> list[str]:
    """Texts that run over the edges of their cards."""
    page.evaluate("() => document.fonts.ready")
    found: list[str] = page.evaluate(_SPILLED)
    return found
