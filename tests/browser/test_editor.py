"""Writing a filter in the editor, and building one without writing any."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from segments.definitions.models import Segment
from segments.filterql import parse_filter
from tests.browser.conftest import NARROW, WIDE, assert_fit_to_use
from tests.segments.membership.people import make_fields, make_profiles
from tests.waiting import wait_until

BORDER = "(box) => getComputedStyle(box).borderTopColor"
ADD = "/admin/definitions/segment/add/"
FIELDS = {
    "city": "string",
    "email": "string",
    "last_seen": "date",
    "tags": "list",
    "vip": "bool",
    "visits": "int",
}
LOOKS = [(WIDE, "light"), (NARROW, "light"), (WIDE, "dark"), (NARROW, "dark")]
FILTER = """-- who gets letters
FILTER AND (
    email LIKE "*@example.com",
    OR (
        visits BETWEEN 5 AND 9,
        NOT INCLUDE paying
    ),
    tolower(city) == "rome",
    tags INTERSECTS ("a", "b")
)
FROM user
LIMIT 7
ALIAS letters"""


@pytest.fixture
def users(account):
    make_fields(account, **FIELDS)
    bodies = [
        {"user_id": f"u{number}", "visits": number, "city": "Rome"}
        for number in range(12)
    ]
    return make_profiles(account, bodies)


@pytest.fixture
def segment(account):
    paying = "FILTER vip == true FROM user ALIAS paying"
    Segment.objects.create(
        account=account, slug="paying", name="Paying users", filterql=paying
    )
    return Segment.objects.create(
        account=account, slug="letters", name="Letters", filterql=FILTER
    )


def open_text(page, url=ADD):
    """The text of the filter, to be typed in."""
    page.goto(url)
    page.get_by_role("tab", name="FilterQL").click()
    return page.get_by_label("FilterQL")


def open_builder(page, segment):
    page.goto(f"/admin/definitions/segment/{segment.pk}/change/")
    expect(page.get_by_label("Which conditions must hold").first).to_be_visible()


def choose_field(page, typed, name):
    """Type into the box that a new condition begins with, and take what is found."""
    page.keyboard.type(typed)
    found = page.get_by_role("listbox").get_by_role("option", selected=True)
    expect(found).to_contain_text(name)
    page.keyboard.press("Enter")


def saved(account, slug):
    """The filter of the segment, once it is there."""
    found = Segment.objects.for_account(account).filter(slug=slug)
    wait_until(found.exists, what="the segment to be saved")
    return parse_filter(found.get().filterql)


def test_the_words_of_a_filter_have_colours(admin, users, open_page):
    page = open_page(admin)
    open_text(page).fill('FILTER tolower(city) == "rome" -- so')
    picture = page.locator(".fq-picture")
    expect(picture.locator(".fq-keyword")).to_have_text("FILTER")
    expect(picture.locator(".fq-function")).to_have_text("tolower")
    expect(picture.locator(".fq-field")).to_have_text("city")
    expect(picture.locator(".fq-text")).to_have_text('"rome"')
    expect(picture.locator(".fq-comment")).to_have_text("-- so")


def test_the_picture_lies_under_the_text(admin, users, open_page):
    page = open_page(admin, NARROW)
    open_text(page).fill('FILTER AND (\n  city == "' + "long " * 40 + '",\n  vip\n)')
    # The picture is drawn anew in the frame after the text has changed.
    page.wait_for_function(
        """() => document.querySelector(".fq-picture").scrollHeight ===
                 document.querySelector("textarea[name=filterql]").scrollHeight""",
        timeout=10_000,
    )
    assert_fit_to_use(page)


def test_a_field_is_completed_with_the_keyboard(admin, users, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.focus()
    page.keyboard.type("FILTER la")
    options = page.get_by_role("listbox", name="Suggestions")
    expect(options.get_by_role("option", selected=True)).to_contain_text("last_seen")
    expect(options.get_by_role("option", selected=True)).to_contain_text("date")
    assert_fit_to_use(page)
    page.keyboard.press("Enter")
    expect(options).to_be_hidden()
    expect(text).to_have_value("FILTER last_seen")


def test_a_function_is_chosen_with_the_arrows(admin, users, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.focus()
    page.keyboard.type("FILTER to")
    options = page.get_by_role("listbox", name="Suggestions")
    chosen = options.get_by_role("option", selected=True)
    expect(chosen).to_be_visible()
    while "tolower" not in chosen.inner_text():
        page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("tolower(x)")
    page.keyboard.press("Enter")
    page.keyboard.type("city")
    page.keyboard.press("Escape")
    expect(text).to_have_value("FILTER tolower(city)")


def test_segments_are_suggested_after_include(admin, users, segment, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.focus()
    page.keyboard.type("FILTER INCLUDE pay")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Paying users")
    chosen.click()
    expect(text).to_have_value("FILTER INCLUDE paying")


def test_suggestions_come_when_asked_for_and_go_with_escape(admin, users, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.focus()
    page.keyboard.press("Control+Space")
    options = page.get_by_role("listbox", name="Suggestions")
    expect(options).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(text).to_have_value("")


def test_an_error_is_told_under_its_place(admin, users, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.fill('FILTER AND (\n  tolwer(city) == "rome"\n)')
    problem = page.get_by_label("Problems").get_by_role("listitem")
    expect(problem).to_contain_text("Line 2, column 3")
    expect(page.locator(".fq-mark-error")).to_have_text("tolwer")
    expect(text).to_have_attribute("aria-invalid", "true")
    assert_fit_to_use(page)
    problem.get_by_role("button", name="Use tolower").click()
    expect(text).to_have_value('FILTER AND (\n  tolower(city) == "rome"\n)')
    expect(problem).to_have_count(0)


def test_a_field_nobody_has_is_a_warning(admin, account, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_label("Name").fill("Rome")
    page.get_by_role("tab", name="FilterQL").click()
    page.get_by_label("FilterQL").fill('FILTER cty == "Rome"')
    expect(page.locator(".fq-mark-warning")).to_have_text("cty")
    expect(page.get_by_label("Problems")).to_contain_text("Did you mean city?")
    page.get_by_role("button", name="Save").click()
    assert saved(account, "rome")


def test_how_many_and_who_is_shown_as_one_types(admin, users, open_page):
    page = open_page(admin)
    text = open_text(page)
    text.fill("FILTER visits >= 10")
    preview = page.get_by_role("region", name="Users who match now")
    expect(preview).to_contain_text("2 users")
    expect(preview.get_by_role("link", name="u11")).to_be_visible()
    assert_fit_to_use(page)
    text.fill("FILTER visits >= 11")
    expect(preview).to_contain_text("1 user ")
    link = preview.get_by_role("link", name="u11").get_attribute("href")
    assert link == f"/admin/profiles/profile/{users[11].pk}/change/"
    text.fill("FILTER visits >=")
    expect(preview).to_contain_text("Correct the filter")


def test_counting_is_shown_and_how_far_it_may_be_off(admin, users, open_page):
    page = open_page(admin)
    asked = []
    page.route("**/editor/preview/", lambda route: asked.append(route))
    open_text(page).fill("FILTER visits > 1")
    preview = page.get_by_role("region", name="Users who match now")
    expect(preview.get_by_role("progressbar", name="Counting users")).to_be_visible()
    assert_fit_to_use(page)
    answer = {"size": 41200, "margin": 800, "exact": False, "users": []}
    asked[-1].fulfill(json=answer)
    expect(preview).to_contain_text("about 41,200 users ± 800, in 95 of 100 cases")
    expect(preview.get_by_role("progressbar")).to_have_count(0)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (NARROW, "dark")])
def test_the_fields_to_choose_from_are_fit_to_use(
    width, theme, admin, users, segment, open_page
):
    page = open_page(admin, width, theme)
    page.goto(ADD)
    page.get_by_role("button", name="Segment", exact=True).click()
    expect(page.get_by_role("listbox", name="Segments")).to_contain_text("letters")
    assert_fit_to_use(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Condition", exact=True).click()
    page.keyboard.type("unheard")
    fields = page.get_by_role("listbox", name="Fields")
    expect(fields).to_contain_text("No user has had this field so far.")
    assert_fit_to_use(page)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Operator")).to_be_focused()
    expect(page.locator(".fqb-condition")).to_contain_text("not seen so far")


def test_a_segment_is_built_without_writing_filterql(admin, account, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_label("Name").fill("Active in Rome")
    page.get_by_role("button", name="Condition", exact=True).click()
    choose_field(page, "ci", "city")
    page.get_by_label("Value").fill("Rome")
    page.get_by_role("button", name="Group", exact=True).click()
    choose_field(page, "vis", "visits")
    page.get_by_label("Operator").last.select_option("is more than")
    page.get_by_label("Value").last.fill("8")
    page.get_by_role("button", name="Condition", exact=True).first.click()
    choose_field(page, "last", "last_seen")
    page.get_by_label("How many").fill("30")
    preview = page.get_by_role("region", name="Users who match now")
    expect(preview).to_contain_text("3 users")
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").click()
    wanted = (
        'FILTER AND (city == "Rome", OR (visits > 8, last_seen > "now-30d")) '
        "FROM user ALIAS active_in_rome"
    )
    assert saved(account, "active_in_rome") == parse_filter(wanted)


def test_values_are_given_by_type(admin, account, users, open_page):
    make_fields(account, scores="map", **{"scores.momentum": "number"})
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_label("Name").fill("By type")
    for typed, name in (("vi", "vip"), ("tag", "tags"), ("sco", "scores")):
        page.get_by_role("button", name="Condition", exact=True).click()
        choose_field(page, typed, name)
    expect(page.get_by_label("Value").first).to_have_value("true")
    page.get_by_label("Operator").nth(1).select_option("has any of the items")
    for value in ("a", "b"):
        page.get_by_label("Add a value").fill(value)
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Take out a").click()
    page.get_by_label("Key of the map").fill("momentum")
    page.keyboard.press("Tab")
    page.get_by_label("Operator").nth(2).select_option("is at least")
    page.get_by_label("Value").last.fill("0.5")
    page.get_by_role("button", name="Segment", exact=True).click()
    page.get_by_role("button", name="Remove this condition").last.click()
    expect(page.get_by_label("Operator")).to_have_count(3)
    assert_fit_to_use(page)
    page.get_by_role("button", name="Save").click()
    wanted = 'FILTER AND (vip == true, tags INTERSECTS ("b"), scores.momentum >= 0.5)'
    assert saved(account, "by_type").expression == parse_filter(wanted).expression


def test_what_is_not_finished_is_not_saved(admin, account, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_label("Name").fill("Rome")
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".fqb-hint:visible")).to_have_text("Choose a field.")
    assert_fit_to_use(page)
    assert not Segment.objects.for_account(account).exists()


def test_nothing_built_is_asked_for_where_it_is_built(admin, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Say who is in the segment")).to_be_visible()
    page.get_by_role("button", name="Condition", exact=True).click()
    choose_field(page, "ci", "city")
    ordinary = page.get_by_label("Operator").evaluate(BORDER)
    assert page.get_by_label("Value").evaluate(BORDER) == ordinary
    page.get_by_label("Value").fill("Rome")
    expect(page.get_by_text("Say who is in the segment")).to_have_count(0)


def test_nobody_is_counted_while_a_condition_lacks_something(admin, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    preview = page.get_by_role("region", name="Users who match now")
    page.get_by_role("button", name="Condition", exact=True).click()
    choose_field(page, "ci", "city")
    expect(preview).to_contain_text("Complete the conditions")
    page.get_by_label("Value").fill("Rome")
    expect(preview).to_contain_text("12 users")
    page.get_by_role("button", name="Condition", exact=True).click()
    expect(preview).to_contain_text("Complete the conditions")
    page.get_by_role("button", name="Remove this condition").last.click()
    expect(preview).to_contain_text("12 users")


def test_the_segments_go_once_one_is_chosen(admin, users, segment, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_role("button", name="Segment", exact=True).click()
    segments = page.get_by_role("listbox", name="Segments")
    segments.get_by_role("option", name="paying").click()
    expect(page.locator(".fqb-segment")).to_contain_text("Paying users")
    page.get_by_role("region", name="Users who match now").get_by_text(
        "users"
    ).wait_for()
    expect(segments).to_be_hidden()
    page.get_by_label("Segment", exact=True).click()
    expect(segments).to_be_visible()


def test_the_last_key_before_saving_counts(admin, account, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_label("Name").fill("Rome")
    page.get_by_role("button", name="Condition", exact=True).click()
    choose_field(page, "ci", "city")
    page.get_by_label("Value").fill("Rome")
    page.keyboard.press("Enter")
    assert (
        saved(account, "rome").expression
        == parse_filter('FILTER city == "Rome"').expression
    )


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_a_written_filter_is_shown_in_the_builder(
    width, theme, admin, users, segment, open_page
):
    page = open_page(admin, width, theme)
    open_builder(page, segment)
    fields = page.get_by_role("combobox", name="Field", exact=True)
    expect(fields).to_have_count(3)
    expect(page.get_by_label("From", exact=True)).to_have_value("5")
    expect(page.get_by_label("To", exact=True)).to_have_value("9")
    expect(page.get_by_label("Membership")).to_have_value("not in")
    expect(page.get_by_label("Segment", exact=True)).to_have_value("paying")
    expect(page.get_by_role("button", name="Take out b")).to_be_visible()
    assert_fit_to_use(page)
    page.get_by_role("tab", name="FilterQL").click()
    expect(page.get_by_label("FilterQL")).to_have_value(FILTER)


def test_what_cannot_be_built_stays_as_text_in_its_place(
    admin, users, segment, open_page
):
    page = open_page(admin)
    open_builder(page, segment)
    odd = page.get_by_label("Condition as text")
    expect(odd).to_have_value('tolower(city) == "rome"')
    expect(page.locator(".fqb-text")).to_contain_text("cannot show this condition")
    page.get_by_label("From", exact=True).fill("6")
    page.get_by_role("tab", name="FilterQL").click()
    text = page.get_by_label("FilterQL")
    expect(text).to_have_value(re.compile("BETWEEN 6 AND 9"))
    wanted = parse_filter(FILTER.replace("BETWEEN 5", "BETWEEN 6"))
    assert parse_filter(text.input_value()) == wanted


def test_what_is_written_goes_back_into_the_builder(admin, users, segment, open_page):
    page = open_page(admin)
    open_builder(page, segment)
    page.get_by_role("tab", name="FilterQL").click()
    page.get_by_label("FilterQL").fill("FILTER OR (vip == true, NOT EXISTS email)")
    page.get_by_role("tab", name="Builder").click()
    expect(page.get_by_label("Which conditions must hold")).to_have_value("any")
    expect(page.get_by_label("Operator").last).to_have_value("not exists")
    page.get_by_role("button", name="Remove this condition").last.click()
    page.get_by_role("tab", name="FilterQL").click()
    expect(page.get_by_label("FilterQL")).to_have_value("FILTER vip == true")


def test_a_filter_with_an_error_is_mended_as_text(admin, users, open_page):
    page = open_page(admin)
    open_text(page).fill("FILTER vip ==")
    page.get_by_role("tab", name="Builder").click()
    expect(page.locator(".fqb")).to_contain_text("cannot be shown here")
    page.get_by_role("button", name="Correct it in FilterQL").click()
    expect(page.get_by_label("FilterQL")).to_be_visible()


def test_the_tabs_are_changed_with_the_arrows(admin, users, open_page):
    page = open_page(admin)
    page.goto(ADD)
    page.get_by_role("tab", name="Builder").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="FilterQL")).to_be_focused()
    expect(page.get_by_label("FilterQL")).to_be_visible()
    page.reload()
    expect(page.get_by_label("FilterQL")).to_be_visible()


def test_without_scripts_the_plain_box_works(admin, account, open_page):
    page = open_page(admin)
    page.route("**/definitions/editor/*.js", lambda route: route.abort())
    page.goto(ADD)
    page.get_by_label("Name").fill("Plain")
    page.get_by_label("FilterQL").fill('FILTER city == "Rome"')
    page.get_by_role("button", name="Save").click()
    assert saved(account, "plain")
