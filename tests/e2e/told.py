"""What a page has told in passing: words that are gone again after some seconds, or run down, however seldom a test looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.e2e.browser import Window

KEEP: Final = """() => {
  window.told = [];
  const look = (changes) => {
    const changed = changes.map(({ target }) => (target instanceof Element ? target : target.parentElement));
    const passing = changed.map((element) => element?.closest(".toast, .warning, .lost")).filter((element) => element);
    for (const { hidden, textContent } of new Set(passing))
      if (!hidden && textContent !== window.told.at(-1)) window.told.push(textContent);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
}"""


def keep_told(window: Window) -> None:
    """From now on, on this page and on those that follow."""
    window.context.add_init_script(f"({KEEP})()")
    window.js(KEEP)


def was_told(window: Window, text: str) -> None:
    """Wait until this has been among what was told, on this page."""
    window.until("(text) => window.told.some((told) => told.includes(text))", text, what=f"the words {text!r}")


def all_told(window: Window) -> list[str]:
    """In order, on this page."""
    told: list[str] = window.js("() => window.told")
    return told
