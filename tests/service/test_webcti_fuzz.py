"""What the description allows, and what it does not, from three identities: no crash, no ignored key, no odd answer."""

import asyncio
import json
import random
import re
from typing import Any

import pytest

from tests.center import PYTHON, Center
from tests.sip.waiting import until
from tests.webcti_client import MAKE_KEYS, Program

KEYS = {
    "keys": [
        {"name": "fuzz full", "per_second": 200, "agents": ["1020", "1021"], "may_patients": True},
        {"name": "fuzz reader", "per_second": 200, "may_agent": False, "may_dial": False},
    ]
}
ROUNDS = 6
KINDS = {"string": str, "integer": int, "boolean": bool, "null": type(None), "array": list, "object": dict}
STRANGE = ("", "x" * 300, "１２３", "张三", "a\u0000b", "' OR 1=1", "<b>", "-1", "🐘", "1020")
NUMBERS = (0, -1, 1, 7, 2**31, 2**63, 10**30)
AGENTS = ("1020", "1021", "1001", "9999", "")


def value_for(schema: dict[str, Any], chance: random.Random) -> Any:
    """Something that fits the schema most of the time."""
    if chance.random() < 0.25:
        return chance.choice([*STRANGE, *NUMBERS, None, True, [], {}, 1.5])
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "anyOf" in schema:
        return value_for(chance.choice(schema["anyOf"]), chance)
    kinds = {
        "string": lambda: chance.choice(["1", "8021", "7000", "rest", "abc", *STRANGE]),
        "integer": lambda: chance.choice(NUMBERS),
        "boolean": lambda: chance.random() < 0.5,
        "array": list,
    }
    return kinds.get(schema.get("type", "null"), lambda: None)()


def fits(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether an answer is what the description says (the part of JSON Schema that it uses)."""
    if "$ref" in schema:
        return fits(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return any(fits(value, one, schemas) for one in schema["anyOf"])
    if "const" in schema:
        return bool(value == schema["const"])
    kind = KINDS.get(schema.get("type", ""), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    return _inside_fits(value, schema, schemas)


def _inside_fits(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {}), schemas) for item in value)
    if isinstance(value, dict):
        members = schema.get("properties", {})
        whole = set(schema.get("required", ())) <= set(value)
        return whole and all(fits(value[name], told, schemas) for name, told in members.items() if name in value)
    return True


def check(told: str, status: int, content: bytes, operation: dict[str, Any], may: set[str]) -> None:
    """No crash, and nobody gets more than his key is for."""
    assert status < 500 or json.loads(content)["error"]["code"] == "pbx-unavailable", told
    if not may:
        assert status == 401, told
    elif operation["x-scope"] and operation["x-scope"] not in may:
        assert status in {403, 404, 405, 422}, told


class Fuzzer:
    def __init__(self, description: dict[str, Any], seed: int) -> None:
        self.schemas = description["components"]["schemas"]
        self.paths = description["paths"]
        self.chance = random.Random(seed)
        self.statuses: dict[int, int] = {}

    def address(self, path: str, parameters: list[dict[str, Any]]) -> tuple[str, dict[str, str]]:
        query = {}
        for parameter in parameters:
            value = value_for(parameter["schema"], self.chance)
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", re.sub("[^0-9a-z]", "", str(value))[:16] or "1020")
            elif parameter["in"] == "query" and parameter["name"] != "wait" and self.chance.random() < 0.5:
                query[parameter["name"]] = str(value)
        return path, query

    def body(self, operation: dict[str, Any]) -> dict[str, Any]:
        """JSON most of the time, else a form."""
        if "requestBody" not in operation:
            return {}
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        schema = self.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        body = {name: value_for(told, self.chance) for name, told in schema["properties"].items()}
        if self.chance.random() < 0.8:
            body["agent"] = self.chance.choice(AGENTS)
        if self.chance.random() < 0.3:
            return {"data": {name: str(value) for name, value in body.items()}}
        return {"json": body}

    async def ask(self, program: Program, path: str, method: str, operation: dict[str, Any], may: set[str]) -> None:
        address, query = self.address(path, operation.get("parameters", []))
        options = self.body(operation)
        status, headers, content = await program.raw(method.upper(), address, params=query, **options)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        told = f"{method} {address} {query} {options} → {status} {content[:300]!r}"
        check(told, status, content, operation, may)
        assert headers["Content-Type"].startswith("application/json"), told
        kind = operation["responses"]["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
        assert fits(json.loads(content), kind, self.schemas), told


@pytest.mark.req("CTI-4", "SEC-1")
async def test_no_request_crashes_or_slips_past_its_key_and_every_answer_fits_the_description(center: Center) -> None:
    made = json.loads(center.box.run(PYTHON, "-", json.dumps(KEYS), user="hcc", stdin=MAKE_KEYS))
    identities = (
        ("hcc_0000000000_nobody", set()),
        (made["fuzz reader"], {"read", "events"}),
        (made["fuzz full"], {"read", "events", "agent", "dial", "patients"}),
    )
    async with Program(center.box.address, made["fuzz full"]) as program:

        async def known() -> bool:
            return (await program.raw("GET", "/key"))[0] == 200

        await until(known, 5, "the new keys are known", pause_seconds=0.4)
        fuzzer = Fuzzer(await program.ask("GET", "/openapi.json"), seed=2026)
        await program.raw("POST", "/verbs/sign_in", json={"agent": "1020", "phone": "sip"})
    operations = [
        (path, method, operation)
        for path, methods in fuzzer.paths.items()
        for method, operation in methods.items()
        if not path.startswith("/events/")
    ]
    for key, may in identities:
        async with Program(center.box.address, key) as program:
            for path, method, operation in operations * (ROUNDS if may else 1):
                await fuzzer.ask(program, path, method, operation, may)
                if not may:
                    await asyncio.sleep(0.21)  # strangers are slowed down to five a second
    assert fuzzer.statuses[200] > 50
    async with Program(center.box.address, made["fuzz full"]) as program:
        for agent in ("1020", "1021"):
            await program.raw("POST", "/verbs/hang_up", json={"agent": agent})
            await program.raw("POST", "/verbs/sign_out", json={"agent": agent})
