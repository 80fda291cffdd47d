"""The report in a browser: what clicks, keys and filters do, and how it looks; left out where there is no Chromium."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reports import HOSTILE, attacking, tagged

from cyberthemes import Tagger, TopicModel, render_report, summarise

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
if not (CHROMIUM and DRIVER and importlib.util.find_spec("selenium")):
    reason = "the report is not tested in a browser: that needs chromium, chromedriver and selenium"
    pytest.skip(reason, allow_module_level=True)

from selenium.webdriver import Chrome, ChromeOptions, Keys  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402


class Browser:
    """Chromium without a window, of any size, looking at one page."""

    def __init__(self) -> None:
        options = ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.chrome = Chrome(options=options, service=Service(DRIVER))

    def look_at(self, page: Path, *, has_scripts: bool = True) -> None:
        """Open a page anew."""
        self.set("Emulation.setScriptExecutionDisabled", value=not has_scripts)
        self.resize(1440)
        self.prefer("light")
        self.chrome.get("about:blank")
        self.chrome.get(page.as_uri())

    def set(self, command: str, **settings: Any) -> Any:
        """Send a command of the protocol of Chromium's developer tools."""
        return self.chrome.execute_cdp_cmd(command, settings)

    def resize(self, width: int) -> None:
        """Make the window as wide as a telephone or a desk."""
        self.set("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str, media: str = "screen") -> None:
        """Be a browser of a person who likes it light or dark and still."""
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        listed = [{"name": name, "value": value} for name, value in features.items()]
        self.set("Emulation.setEmulatedMedia", media=media, features=listed)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page and return what it returns."""
        return self.chrome.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements of a selector."""
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Return the first element of a selector, scrolled to."""
        found = self.chrome.find_element(By.CSS_SELECTOR, selector)
        self.run("arguments[0].scrollIntoView({block: 'center'})", found)
        return found

    def choose(self, control: str, value: str) -> str:
        """Set a filter and return what the page then says is shown."""
        script = "const node = document.getElementById(arguments[0]); node.value = arguments[1];"
        self.run(script + "node.dispatchEvent(new Event('input', {bubbles: true}));", control, value)
        return self.chrome.find_element(By.ID, "count").text

    def complaints(self) -> list[str]:
        """Return what the console has said since it was last asked."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.chrome.quit()


@pytest.fixture(scope="module")
def page(tagger: Tagger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    articles = tagged(tagger)
    topics = TopicModel(2, min_df=1).fit([paragraph.text for article in articles for paragraph in article.paragraphs])
    file = tmp_path_factory.mktemp("report") / "report.html"
    summary = summarise(articles, title="Six articles", taxonomy=tagger.taxonomy, topics=topics)
    file.write_text(render_report(summary), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def hostile_page(tagger: Tagger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "hostile.html"
    file.write_text(render_report(summarise(attacking(tagger), title=HOSTILE[1])), encoding="utf-8")
    return file


@pytest.fixture
def opened(browser: Browser, page: Path) -> Iterator[Browser]:
    """The page, which must not make the console complain."""
    browser.look_at(page)
    yield browser
    assert browser.complaints() == []


def shown(browser: Browser, selector: str) -> list[str]:
    """Return the ids of what a selector finds and a person can see or open."""
    return [node.get_attribute("id") or "" for node in browser.all(selector) if node.is_displayed()]


# Filters ----------------------------------------------------------------------------------------------------


def test_filters_say_what_is_left(opened: Browser) -> None:
    assert opened.choose("f-theme", "") == "12 paragraphs in 6 articles"
    (governance,) = [
        option.get_attribute("value") or "" for option in opened.all("#f-theme option") if "Global" in option.text
    ]
    assert opened.choose("f-theme", governance) == "3 paragraphs in 3 articles with these filters"
    assert shown(opened, ".article") == ["a1", "a2", "a5"]
    opened.one("[data-act=open]").click()
    assert shown(opened, ".para") == ["a1-1", "a2-2", "a5-1"]
    assert opened.choose("f-source", "2") == "2 paragraphs in 2 articles with these filters"
    assert opened.choose("f-from", "2021-01-01") == "1 paragraph in 1 article with these filters"
    assert opened.choose("f-to", "2021-02-01") == "0 paragraphs in 0 articles with these filters"
    opened.one("#nothing button").click()
    assert opened.choose("f-theme", "") == "12 paragraphs in 6 articles"


def test_the_probability_filter_hides_what_is_less_sure(opened: Browser) -> None:
    opened.one("[data-act=open]").click()
    n_tags = len([chip for chip in opened.all(".chip") if chip.is_displayed()])
    opened.choose("f-p", "0.9")
    sure = [chip for chip in opened.all(".chip") if chip.is_displayed()]
    assert 0 < len(sure) < n_tags
    assert all(float(chip.get_attribute("data-p") or 0) >= 0.9 for chip in sure)
    assert opened.one("#f-p-out").text == "0.90"
    slider = opened.one("#f-p")
    slider.send_keys(Keys.END)
    assert opened.one("#f-p-out").text == "1.00"


def test_what_got_no_theme_can_be_shown(opened: Browser) -> None:
    assert opened.choose("f-theme", "none") == "6 paragraphs in 5 articles with these filters"
    opened.one("#unthemed [data-act=show]").click()
    assert [node.text for node in opened.all(".reason") if node.is_displayed()] == ["off topic"] * 6


def test_a_theme_shows_its_paragraphs(opened: Browser) -> None:
    opened.one(".theme summary").click()
    opened.one(".theme[open] [data-act=show]").click()
    n_shown = len(shown(opened, ".para"))
    assert 0 < n_shown < 12
    assert opened.one("#count").text.startswith(f"{n_shown} paragraph")
    assert opened.run("return document.activeElement.id") == "f-theme"


# Why --------------------------------------------------------------------------------------------------------


def test_keyboard_focus_shows_why(opened: Browser) -> None:
    first, second = opened.all(".chip")[:2]
    why = opened.one(".why")
    assert not why.is_displayed()
    opened.run("arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", first)
    assert why.is_displayed()
    assert first.get_attribute("aria-describedby") == why.get_attribute("id")
    assert why.text.startswith("Why Global internet and digital governance?")
    first.send_keys(Keys.TAB)
    assert opened.run("return document.activeElement === arguments[0]", second)
    assert not why.is_displayed()
    second.send_keys(Keys.ESCAPE)
    assert [node for node in opened.all(".why") if node.is_displayed()] == []


def test_a_click_shows_why_and_marks_only_what_speaks_for_it(opened: Browser) -> None:
    opened.one("#a1-2 .c1").click()
    assert opened.one("#a1-2 .c1 + .why").is_displayed()
    lines = {
        mark.get_attribute("class"): mark.value_of_css_property("text-decoration-line")
        for mark in opened.all("#a1-2 mark")
    }
    assert {("t1" in (classes or "").split(), line) for classes, line in lines.items()} == {
        (True, "underline"),
        (False, "none"),
    }


def test_a_mark_says_what_it_adds_to_which_theme(opened: Browser) -> None:
    opened.one("#a1-2 mark.s4").click()
    tip = opened.one("#tip")
    assert tip.is_displayed()
    assert tip.text.startswith("Data security\n+")
    opened.all("#a1-2 .chip")[0].click()
    assert not tip.is_displayed()


# Links and paper --------------------------------------------------------------------------------------------


def test_links_open_what_they_point_to(opened: Browser) -> None:
    opened.one("#glance .bars tbody a").click()
    assert opened.one("#theme-0").is_displayed()
    opened.run("location.hash = 'a2'")
    assert opened.one("#a2-1").is_displayed()
    opened.choose("f-theme", "none")
    opened.run("location.hash = 'a5-1'")
    assert opened.one("#a5-1").is_displayed()
    assert opened.one("#count").text == "12 paragraphs in 6 articles"


def test_the_first_tab_leads_to_the_content(opened: Browser) -> None:
    opened.one("body").send_keys(Keys.TAB)
    assert opened.run("return document.activeElement.className") == "skip"
    assert opened.one(".skip").is_displayed()


def test_print_shows_every_article_and_no_filters(opened: Browser) -> None:
    n_shut = "document.querySelectorAll('.article:not([open])').length"
    opened.run(f"addEventListener('beforeprint', () => {{ window.nShut = {n_shut}; }})")
    before = opened.run("return document.querySelectorAll('details[open]').length")
    assert len(opened.set("Page.printToPDF")["data"]) > 10_000
    assert opened.run("return window.nShut") == 0
    assert opened.run("return document.querySelectorAll('details[open]').length") == before


def test_print_needs_no_script(browser: Browser, page: Path) -> None:
    browser.look_at(page)
    seen = "return [...document.querySelectorAll('.para')].map((node) => node.checkVisibility())"
    assert set(browser.run(seen)) == {True, False}
    browser.prefer("light", media="print")
    assert set(browser.run(seen)) == {True}
    assert not browser.one("#filters").is_displayed()


def test_all_can_be_read_without_scripts(browser: Browser, page: Path) -> None:
    browser.look_at(page, has_scripts=False)
    try:
        assert not browser.one("#filters").is_displayed()
        assert not any(button.is_displayed() for button in browser.all("[data-act]"))
        browser.one("#a2 summary").click()
        assert browser.one("#a2-2").is_displayed()
        browser.one("#a2-2 .chip").click()
        assert browser.one("#a2-2 .why").is_displayed()
    finally:
        browser.set("Emulation.setScriptExecutionDisabled", value=False)


# How it looks -----------------------------------------------------------------------------------------------

_BEYOND = """
const edge = document.documentElement.clientWidth + 1;
const clipped = ".scroll *, .hidden, thead, .small bdi";
return [...document.querySelectorAll("main *, header *, footer *")].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 0 && box.right > edge && !node.closest(clipped);
}).map((node) => node.outerHTML.slice(0, 120));
"""


@pytest.mark.parametrize("name", ["page", "hostile_page"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_reaches_beyond_the_window(
    browser: Browser, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    browser.look_at(request.getfixturevalue(name))
    browser.resize(width)
    browser.run("for (const node of document.querySelectorAll('details')) node.open = true")
    assert browser.run(_BEYOND) == []
    for chip in browser.all(".chip")[:3]:
        browser.run("arguments[0].focus()", chip)
        assert browser.run(_BEYOND) == []
    assert (
        browser.run("const {scrollWidth, clientWidth} = document.documentElement; return scrollWidth - clientWidth")
        == 0
    )


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_figures_and_dates_stay_on_one_line(opened: Browser, width: int) -> None:
    opened.resize(width)
    opened.run("for (const node of document.querySelectorAll('details')) node.open = true")
    lines = "[...document.querySelectorAll('.n b, .sources a, .chip b')].map((node) => node.getClientRects().length)"
    assert set(opened.run(f"return {lines}")) == {1}


def test_the_page_is_dark_where_people_like_it_dark(opened: Browser) -> None:
    light = opened.one("body").value_of_css_property("background-color")
    opened.prefer("dark")
    dark = opened.one("body").value_of_css_property("background-color")
    assert (light, dark) == ("rgba(252, 252, 251, 1)", "rgba(20, 23, 28, 1)")


def test_hostile_texts_do_nothing(browser: Browser, hostile_page: Path) -> None:
    browser.look_at(hostile_page)
    browser.run("for (const node of document.querySelectorAll('details')) node.open = true")
    browser.one("#a3-2 .chip").click()
    browser.one("#a3-2 mark").click()
    assert browser.run("return [typeof window.attacked, document.scripts.length]") == ["undefined", 1]
    assert browser.chrome.title == HOSTILE[1]
    assert browser.one("#a2-1 .text").text == HOSTILE[1]
    assert browser.complaints() == []


def test_the_policy_forbids_what_is_not_the_page_s_own(browser: Browser, page: Path) -> None:
    browser.look_at(page)
    script = """
    const [script, image] = ["script", "img"].map((kind) => document.createElement(kind));
    script.textContent = "window.attacked = true";
    image.src = "https://example.org/x.png";
    document.body.append(script, image);
    return typeof window.attacked;
    """
    assert browser.run(script) == "undefined"
    assert "Content Security Policy" in json.dumps(browser.complaints())
