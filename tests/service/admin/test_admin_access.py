"""Who gets where: every route for every role."""

import pytest

from appliance.webadmin.admin.part import application
from appliance.webadmin.permissions import NOBODY
from tests.admin_site import Site, Visitor, text, verdict

ROLES = {"nobody": "", "agent": "agent1", "manager": "manager", "administrator": "admin", "department": "cardiology"}
ALL, EVERYBODY = frozenset(ROLES), frozenset(ROLES) - {"nobody"}
SIGNED_IN = EVERYBODY - {"department"}
"""The call centre's own people."""
STAFF, MANAGERS = frozenset({"agent", "manager"}), frozenset({"manager", "administrator"})
ADMINISTRATOR = frozenset({"administrator"})
GONE = "999999"

READERS = {
    "/": EVERYBODY,
    "/desktop": STAFF,
    "/board": SIGNED_IN,
    "/wallboards": MANAGERS,
    f"/wallboards/{GONE}/delete": MANAGERS,
    f"/wall/{'0' * 43}": ALL,
    "/dashboard": ADMINISTRATOR,
    "/status.json": EVERYBODY,
    "/setup": ALL,
    "/login": ALL,
    "/logout": ALL,
    "/language": ALL,
    "/account": EVERYBODY,
    "/calls": SIGNED_IN,
    "/callbacks": MANAGERS,
    "/callbacks/open.json": STAFF,
    f"/callbacks/{GONE}/drop": MANAGERS,
    f"/calls/{GONE}": SIGNED_IN,
    f"/calls/{GONE}/recording/{GONE}": SIGNED_IN,
    "/patients": SIGNED_IN,
    "/patients/new": SIGNED_IN,
    "/patients/search.json": SIGNED_IN,
    "/patients/quick.json": SIGNED_IN,
    f"/patients/{GONE}": SIGNED_IN,
    f"/patients/{GONE}/delete": SIGNED_IN,
    f"/patients/{GONE}/panel": SIGNED_IN,
    "/departments": MANAGERS,
    "/departments/new": MANAGERS,
    f"/departments/{GONE}": MANAGERS,
    f"/departments/{GONE}/delete": MANAGERS,
    "/pause-reasons": MANAGERS,
    "/pause-reasons/new": MANAGERS,
    f"/pause-reasons/{GONE}": MANAGERS,
    f"/pause-reasons/{GONE}/delete": MANAGERS,
    "/scripts": MANAGERS,
    "/scripts/new": MANAGERS,
    "/scripts/preview": MANAGERS,
    f"/scripts/{GONE}": MANAGERS,
    f"/scripts/{GONE}/delete": MANAGERS,
    "/desktop/setup.json": STAFF,
    "/desktop/lists.json": STAFF,
    f"/desktop/call/{GONE}.json": STAFF,
    f"/desktop/again/{GONE}": STAFF,
    "/orders": EVERYBODY,
    "/orders/new": SIGNED_IN,
    "/orders/quick.json": SIGNED_IN,
    f"/orders/{GONE}": EVERYBODY,
    "/users": ADMINISTRATOR,
    "/users/new": ADMINISTRATOR,
    f"/users/{GONE}": ADMINISTRATOR,
    f"/users/{GONE}/delete": ADMINISTRATOR,
    f"/users/{GONE}/unlock": ADMINISTRATOR,
    "/agents": ADMINISTRATOR,
    "/agents/new": ADMINISTRATOR,
    f"/agents/{GONE}": ADMINISTRATOR,
    f"/agents/{GONE}/delete": ADMINISTRATOR,
    "/extensions": ADMINISTRATOR,
    "/extensions/new": ADMINISTRATOR,
    f"/extensions/{GONE}": ADMINISTRATOR,
    f"/extensions/{GONE}/delete": ADMINISTRATOR,
    f"/extensions/{GONE}/secret": ADMINISTRATOR,
    "/queues": MANAGERS,
    "/queues/new": MANAGERS,
    f"/queues/{GONE}": MANAGERS,
    f"/queues/{GONE}/delete": MANAGERS,
    "/skills": MANAGERS,
    "/skills/new": MANAGERS,
    f"/skills/{GONE}": MANAGERS,
    f"/skills/{GONE}/delete": MANAGERS,
    "/trunks": ADMINISTRATOR,
    "/trunks/new": ADMINISTRATOR,
    f"/trunks/{GONE}": ADMINISTRATOR,
    f"/trunks/{GONE}/delete": ADMINISTRATOR,
    "/dids": ADMINISTRATOR,
    "/dids/new": ADMINISTRATOR,
    f"/dids/{GONE}": ADMINISTRATOR,
    f"/dids/{GONE}/delete": ADMINISTRATOR,
    "/limits": ADMINISTRATOR,
    "/limits/rules": ADMINISTRATOR,
    "/limits/new": ADMINISTRATOR,
    f"/limits/{GONE}": ADMINISTRATOR,
    f"/limits/{GONE}/delete": ADMINISTRATOR,
    "/cluster": ADMINISTRATOR,
    "/cluster/live": ADMINISTRATOR,
    "/cluster/switch-over": ADMINISTRATOR,
    "/cluster/switch-over/stop": ADMINISTRATOR,
    "/cluster/maintenance": ADMINISTRATOR,
    "/cluster/hold": ADMINISTRATOR,
    "/cluster/failovers": ADMINISTRATOR,
    f"/cluster/failovers/{GONE * 2}-one": ADMINISTRATOR,
    "/cluster/test": ADMINISTRATOR,
    "/conditions": MANAGERS,
    f"/conditions/{'0' * 16}/clear": MANAGERS,
    "/rooms": SIGNED_IN,
    "/rooms/now": SIGNED_IN,
    "/rooms/new": MANAGERS,
    f"/rooms/{GONE}": MANAGERS,
    f"/rooms/{GONE}/delete": MANAGERS,
    f"/rooms/{GONE}/live": SIGNED_IN,
    "/blacklist": MANAGERS,
    "/blacklist/import": MANAGERS,
    "/blacklist/new": MANAGERS,
    f"/blacklist/{GONE}": MANAGERS,
    f"/blacklist/{GONE}/delete": MANAGERS,
    "/prompts": MANAGERS,
    "/prompts/new": MANAGERS,
    "/prompts/upload": MANAGERS,
    f"/prompts/upload/{GONE}": MANAGERS,
    "/prompts/preview": MANAGERS,
    f"/prompts/preview/{'0' * 64}": MANAGERS,
    "/prompts/system/goodbye": MANAGERS,
    f"/prompts/{GONE}": MANAGERS,
    f"/prompts/{GONE}/audio": MANAGERS,
    f"/prompts/{GONE}/delete": MANAGERS,
    f"/prompts/{GONE}/retry": MANAGERS,
    "/flows": MANAGERS,
    f"/flows/{GONE}": MANAGERS,
    "/api-keys": ADMINISTRATOR,
    "/api-keys/new": ADMINISTRATOR,
    f"/api-keys/{GONE}": ADMINISTRATOR,
    f"/api-keys/{GONE}/delete": ADMINISTRATOR,
    f"/api-keys/{GONE}/secret": ADMINISTRATOR,
    "/webhooks": ADMINISTRATOR,
    "/webhooks/new": ADMINISTRATOR,
    f"/webhooks/{GONE}": ADMINISTRATOR,
    f"/webhooks/{GONE}/delete": ADMINISTRATOR,
    f"/webhooks/{GONE}/state": ADMINISTRATOR,
    "/settings": ADMINISTRATOR,
    "/audit": ADMINISTRATOR,
}
"""Each route by an address that matches it, and who may read there. Writing is open to the same, here."""


def rules(site: Site):
    built = application(site.config, site.services)
    return [rule for rule in built.wildcard_router.rules if not rule.matcher.regex.pattern.startswith("/static/")]


def test_every_route_declares_whom_it_serves(hospital):
    for rule in rules(hospital.site):
        assert rule.target.access != NOBODY, rule.matcher.regex.pattern


def test_the_table_names_every_route_and_nothing_else(hospital):
    patterns = [rule.matcher.regex for rule in rules(hospital.site)]
    first = {address: next((p.pattern for p in patterns if p.fullmatch(address)), None) for address in READERS}
    assert set(first.values()) == {pattern.pattern for pattern in patterns}


async def as_role(hospital, role: str) -> Visitor:
    return await hospital.visitor(ROLES[role]) if ROLES[role] else hospital.site.visitor()


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("role", ROLES)
async def test_every_route_lets_in_whom_it_should_and_nobody_else(hospital, role):
    visitor = await as_role(hospital, role)
    wrong = {}
    for address, readers in READERS.items():
        got = verdict(await visitor.get(address))
        expected = "in" if role in readers else "sign in" if role == "nobody" else "refused"
        if got != expected:
            wrong[address] = got
    assert wrong == {}


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("role", ROLES)
async def test_every_change_is_open_to_whom_it_should_and_nobody_else(hospital, role):
    """With a valid token, so that it is the permission that decides; nothing that exists is named."""
    visitor = await as_role(hospital, role)
    token = await visitor.token("/login" if role == "nobody" else "/account")
    wrong = {}
    for address, readers in READERS.items():
        if address in {"/logout", "/login", "/setup"}:
            continue
        got = verdict(await visitor.post(address, {}, token=token))
        expected = "in" if role in readers else "sign in" if role == "nobody" else "refused"
        if got != expected:
            wrong[address] = got
    assert wrong == {}


async def test_a_list_offers_to_make_records_only_to_whom_may(hospital):
    """Also while there are none yet: agents see the conference rooms, managers make them."""
    for query in ("", "?q=nothing-like-that"):
        for role, offered in (("agent", False), ("manager", True)):
            page = text(await (await as_role(hospital, role)).get(f"/rooms{query}"))
            assert ('href="/rooms/new"' in page) is offered, (role, query)


async def test_no_change_without_the_forms_token(hospital):
    visitor = await hospital.visitor("admin")
    for address in READERS:
        if address.startswith("/static"):
            continue
        answer = await visitor.post(address, {"name": "x"}, token="forged")
        assert answer.code == 403, address


async def test_an_unknown_address_is_not_found_and_says_nothing(hospital):
    for role in ROLES:
        visitor = await as_role(hospital, role)
        for address in ("/nowhere", "/etc/passwd", "/calls/../../etc/passwd", "/users/1/delete/now"):
            assert (await visitor.get(address)).code == 404


async def test_pages_carry_the_strict_policy(hospital):
    answer = await (await hospital.visitor("admin")).get("/users")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers
