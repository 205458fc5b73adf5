"""What Schemathesis is to look at besides its own checks: nobody gets more than the key is for.

Loaded by its command line (`SCHEMATHESIS_HOOKS`); `WEBCTI_SCOPES` names the scopes of the key that asks, `-` = no key.
"""

import os

import schemathesis
from schemathesis import Case, CheckContext, Response

SCOPES = os.environ["WEBCTI_SCOPES"].split()


@schemathesis.check
def scope_respected(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Done only what the scopes allow; without a key nothing but a word about the key (CORS preflights aside)."""
    if response.request.method == "OPTIONS":
        return None
    told = f"{case.operation.label} answered {response.status_code} to somebody with the scopes {SCOPES}"
    if SCOPES == ["-"]:
        assert response.status_code in {400, 401, 405, 413, 415, 422, 429}, told
        return None
    wanted = case.operation.definition.raw["x-scope"]
    assert not wanted or wanted in SCOPES or response.status_code >= 400, told
    return None
