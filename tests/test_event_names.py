"""Which event of the data is which of a template: by what is done to what, in any way of writing it."""

from __future__ import annotations

import pytest

from denizen.model.event_names import HINTS, SYNONYMS, match_events

# Names of semantic events as Segment documents them.
ECOMMERCE = (
    "Products Searched,Product List Viewed,Product List Filtered,Promotion Viewed,Promotion Clicked,Product Clicked,"
    "Product Viewed,Product Added,Product Removed,Cart Viewed,Checkout Started,Checkout Step Viewed,"
    "Checkout Step Completed,Payment Info Entered,Order Updated,Order Completed,Order Refunded,Order Cancelled,"
    "Coupon Entered,Coupon Applied,Coupon Denied,Coupon Removed,Product Added to Wishlist,"
    "Product Removed from Wishlist,Wishlist Product Added to Cart,Product Shared,Cart Shared,Product Reviewed"
).split(",")
B2B = (
    "Account Created,Account Deleted,Signed Up,Signed In,Signed Out,Invite Sent,Account Added User,"
    "Account Removed User,Trial Started,Trial Ended"
).split(",")
STYLES = {
    "Title Case": lambda name: name,
    "snake_case": lambda name: name.lower().replace(" ", "_"),
    "camelCase": lambda name: name[0].lower() + name.title().replace(" ", "")[1:],
    "PascalCase": lambda name: name.title().replace(" ", ""),
    "kebab-case": lambda name: name.lower().replace(" ", "-"),
    "dotted": lambda name: name.lower().replace(" ", "."),
    "UPPER": lambda name: name.upper().replace(" ", "_"),
}


def found(names, style):
    written = {STYLES[style](name): name for name in names}
    matches = match_events(SYNONYMS, written)
    return {m.wanted: (written[m.found], m.sure) for m in matches.values() if m.found}


@pytest.mark.parametrize("style", STYLES)
def test_of_the_ecommerce_names_only_the_start_of_a_checkout_is_one_of_a_template(style):
    assert found(ECOMMERCE, style) == {"checkout_started": ("Checkout Started", True)}


@pytest.mark.parametrize("style", STYLES)
def test_of_the_b2b_names_sign_ins_invites_and_sign_ups_are_found(style):
    assert found(B2B, style) == {
        "logged_in": ("Signed In", True),
        "teammate_invited": ("Invite Sent", True),
        "signed_up": ("Signed Up", True),
    }


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("other", ["Plan Created", "Plan Selected", "Plan Upgraded", "Billing Plan Deleted"])
def test_a_pricing_page_is_preferred_to_any_other_thing_done_to_plans(style, other):
    assert found(["Pricing Page Viewed", other], style)["pricing_viewed"] == ("Pricing Page Viewed", True)
    alone = found([other], style).get("pricing_viewed")
    assert alone is None or not alone[1]


@pytest.mark.parametrize("name", ["Plan Created", "Plan Deleted", "Plan Upgraded", "Pricing Rule Created"])
def test_an_event_that_says_another_thing_was_done_is_no_guess(name):
    assert match_events(["pricing_viewed"], [name])["pricing_viewed"].found is None


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("checkout_started", "Checkout Completed"),
        ("teammate_invited", "Invite Declined"),
        ("integration_connected", "Integration Disconnected"),
        ("report_built", "Report Deleted"),
        ("logged_in", "Signed Out"),
        ("logged_in", "Signed Up"),
        ("teammate_invited", "Product Added"),
        ("premium_feature_used", "Premium Plan Cancelled"),
    ],
)
def test_the_opposite_or_a_later_step_is_never_the_event(wanted, name):
    assert match_events([wanted], [name])[wanted].found is None


@pytest.mark.parametrize("name", ["pricing_veiwed", "PricngViewed", "pricing_viewd"])
def test_a_misspelled_name_is_a_guess(name):
    match = match_events(["pricing_viewed"], [name])["pricing_viewed"]
    assert (match.found, match.sure) == (name, False)


@pytest.mark.parametrize("wanted", SYNONYMS)
def test_every_phrase_of_a_table_is_found_and_only_synonyms_are_sure(wanted):
    for phrase in SYNONYMS[wanted]:
        assert match_events([wanted], [phrase])[wanted].sure
        assert match_events([wanted], [phrase])[wanted].found == phrase
    for phrase in HINTS.get(wanted, ()):
        assert match_events([wanted], [phrase])[wanted].found == phrase
        assert not match_events([wanted], [phrase])[wanted].sure


def test_a_name_without_letters_is_nothing():
    assert match_events(["logged_in"], ["---", "…", "1"])["logged_in"].found is None
