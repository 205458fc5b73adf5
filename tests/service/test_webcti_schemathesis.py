"""Schemathesis over our OpenAPI description, with three identities: no crash, no ignored key, no undescribed answer."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.center import Center
from tests.webcti_client import Program, known_keys

KEYS = {
    "keys": [
        {"name": "checked full", "per_second": 100_000, "agents": ["1020", "1021"], "may_patients": True},
        {
            "name": "checked events only", "per_second": 100_000,
            "may_read": False, "may_agent": False, "may_dial": False, "agents": ["1020"],
        },
    ]
}  # fmt: skip
AGENTS = ["1020", "1021", "1001", "9999", ""]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "allow_header_conformance",
    "scope_respected",
)
WITHOUT_KEY = (*CHECKS, "ignored_auth")
"""Not with a key: that check then tries wrong ones too, so often that they are refused as floods (429)."""
QUICKLY = ("--phases", "fuzzing", "--mode", "positive", "--max-examples", "3")
IDENTITIES = {
    "full": (
        "checked full",
        "read agent dial events patients",
        ("--phases", "coverage,fuzzing", "--max-examples", "2"),
    ),
    "events only": ("checked events only", "events", QUICKLY),
    "no key": ("", "-", QUICKLY),
}
"""Whose key, its scopes, how thoroughly."""
LIMIT_SECONDS = 60


def aimed(description: dict[str, Any]) -> dict[str, Any]:
    """The description, narrowed so that guesses hit real agents, and nobody waits for events."""
    for path, methods in description["paths"].items():
        for operation in methods.values():
            operation["parameters"] = [one for one in operation.get("parameters", []) if one["name"] != "wait"]
            for parameter in operation["parameters"]:
                if parameter["name"] == "number":
                    parameter["schema"] = {"type": "string", "enum": AGENTS[:-1]}
            if path.startswith("/verbs/"):
                for content in operation["requestBody"]["content"].values():
                    content["schema"]["properties"]["agent"] |= {"enum": AGENTS}
    return description


@pytest.fixture(scope="module")
async def keys(center: Center) -> AsyncIterator[dict[str, str]]:
    made = await known_keys(center.box, KEYS)
    async with Program(center.box.address, made["checked full"]) as program:
        yield made
        for agent in ("1020", "1021"):
            await program.raw("POST", "/verbs/hang_up", json={"agent": agent})
            await program.raw("POST", "/verbs/sign_out", json={"agent": agent})


@pytest.fixture(scope="module")
async def description(center: Center, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    async with Program(center.box.address, keys["checked full"]) as program:
        document = await program.ask("GET", "/openapi.json")
        await program.raw("POST", "/verbs/sign_in", json={"agent": "1020", "phone": "sip"})
    file = tmp_path_factory.mktemp("webcti") / "openapi.json"
    file.write_text(json.dumps(aimed(document)))
    return file


@pytest.mark.req("CTI-4", "SEC-1")
@pytest.mark.parametrize("identity", IDENTITIES)
async def test_no_request_crashes_or_slips_past_its_key_and_every_answer_fits_the_description(
    center: Center, keys: dict[str, str], description: Path, identity: str
) -> None:
    name, scopes, depth = IDENTITIES[identity]
    credential = ["--header", f"Authorization: Bearer {keys[name]}"] if name else []
    words = [
        *("run", str(description), "--url", f"{center.box.url}/webcti/v1", "--tls-verify", "false", *credential),
        *("--exclude-path-regex", "^/events/", "--checks", ",".join(CHECKS if name else WITHOUT_KEY), *depth),
        *("--seed", "2026", "--generation-deterministic"),
        *("--continue-on-failure", "--no-shrink", "--warnings", "off", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), *words,
        cwd=description.parent,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.webcti_checks", "WEBCTI_SCOPES": scopes},
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_SECONDS):
        said, _ = await process.communicate()
    print(said.decode()[-6000:])
    assert process.returncode == 0, said.decode()[-6000:]
