"""What a User-Agent header says of the browser and the machine (RFC 9110, 10.1.5).

A header is a row of products such as Chrome/23.0 with comments in parentheses, of
which the first describes the machine. Browsers name those they resemble as well, so
the product that tells most is taken, by a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

LONGEST_HEADER = 2_000
_PART = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)?|([^\s();/]+)(?:/([^\s();]+))?")
_PRODUCT = re.compile(r"([A-Za-z][\w.\-]*)/([\w.\-]+)")
_BOT = re.compile(r"bot\b|crawler|spider|slurp|\+https?:|bot/", re.IGNORECASE)
_MOBILE = re.compile(r"Mobile|iPhone|iPod|Windows Phone|Opera Mini|BlackBerry")
_NOT_AN_OS = re.compile(
    r"compatible|U|I|N|WOW64|Win64|x64|arm_64|rv:.*|[a-z]{2}[-_][A-Za-z]{2}|Mobile"
    r"|Tablet|MSIE .*|Trident/.*|\.NET.*"
)
_BROWSERS = (
    *(("Edg", "Edge"), ("EdgA", "Edge"), ("EdgiOS", "Edge"), ("Edge", "Edge")),
    *(("OPR", "Opera"), ("OPiOS", "Opera"), ("Opera", "Opera")),
    *(("SamsungBrowser", "Samsung Browser"), ("UCBrowser", "UC Browser")),
    *(("YaBrowser", "Yandex"), ("Vivaldi", "Vivaldi"), ("Brave", "Brave")),
    *(("FxiOS", "Firefox"), ("Firefox", "Firefox"), ("CriOS", "Chrome")),
    *(("Chromium", "Chromium"), ("Chrome", "Chrome")),
)
_ENGINES = ("AppleWebKit", "Gecko", "Presto", "KHTML")
_TRIDENT = re.compile(r"Trident/([\d.]+)")
_WINDOWS = {
    "10.0": "Windows 10",
    "6.3": "Windows 8.1",
    "6.2": "Windows 8",
    "6.1": "Windows 7",
    "6.0": "Windows Vista",
    "5.1": "Windows XP",
}
_EXPLORER = re.compile(r"MSIE ([\d.]+)|Trident/.*?rv:([\d.]+)")
_SYSTEM = re.compile(r"Windows NT ([\d.]+)")
Named = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAgent:
    """The features of a header as texts, empty where it does not tell."""

    bot: str
    browser: str
    browser_version: str
    engine: str
    engine_version: str
    mobile: str
    mozilla: str
    os: str
    platform: str


FEATURES = tuple(field.name for field in fields(UserAgent))


def parse_user_agent(header: str) -> UserAgent:
    header = header[:LONGEST_HEADER]
    products, comments = _parts(header)
    machine = [part.strip() for part in (comments or [""])[0].split(";")]
    browser, browser_version = _browser(header, products)
    engine, engine_version = _engine(products, header)
    return UserAgent(
        bot=_yes(_BOT.search(header)),
        browser=browser,
        browser_version=browser_version,
        engine=engine,
        engine_version=engine_version,
        mobile=_yes(_MOBILE.search(header)),
        mozilla=products.get("Mozilla", ""),
        os=_system(machine),
        platform=_platform(machine),
    )


def _yes(found: object) -> str:
    return "true" if found else "false"


def _parts(header: str) -> tuple[dict[str, str], list[str]]:
    """The products with their versions, in order, and the comments."""
    products: dict[str, str] = {}
    comments: list[str] = []
    for part in _PART.finditer(header):
        if part[2] is None:
            comments.append(part[1])
        else:
            products.setdefault(part[2], part[3] or "")
    return products, comments


def _browser(header: str, products: dict[str, str]) -> Named:
    explorer = _EXPLORER.search(header)
    if _BOT.search(header):
        return _bot(header, products)
    for product, name in _BROWSERS:
        if product in products:
            own = products[product]
            return name, products.get("Version", own) if name == "Opera" else own
    if explorer:
        return "Internet Explorer", explorer[1] or explorer[2]
    if "Safari" in products:
        name = "Android" if "Android" in header else "Safari"
        return name, products.get("Version", products["Safari"])
    return _first(products)


def _bot(header: str, products: dict[str, str]) -> Named:
    """A robot's own name, which may stand inside a comment."""
    for product in _PRODUCT.finditer(header):
        if _BOT.search(f"{product[0]} "):
            return product[1], product[2]
    return _first(products)


def _first(products: dict[str, str]) -> Named:
    known = ("Mozilla", *_ENGINES)
    others = (
        (name, version) for name, version in products.items() if name not in known
    )
    return next(others, ("", ""))


def _engine(products: dict[str, str], header: str) -> Named:
    trident = _TRIDENT.search(header)
    if trident:
        return "Trident", trident[1]
    found = (engine for engine in _ENGINES if engine in products)
    engine = next(found, "")
    return engine, products.get(engine, "")


def _platform(machine: list[str]) -> str:
    """The first word on the machine; Windows without its version."""
    told = next((part for part in machine if part and part != "compatible"), "")
    if told.startswith("Windows") or any(_SYSTEM.match(part) for part in machine):
        return "Windows"
    return "" if _NOT_AN_OS.fullmatch(told) or "/" in told else told


def _system(machine: list[str]) -> str:
    for part in machine:
        windows = _SYSTEM.match(part)
        if windows:
            return _WINDOWS.get(windows[1], part)
        if part.startswith(("Android", "CPU ", "CrOS", "Windows Phone")):
            return part
    rest = (part for part in machine[1:] if part and not _NOT_AN_OS.fullmatch(part))
    told = next(rest, "")
    return "" if "/" in told else told
