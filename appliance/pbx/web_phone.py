"""Browser phones: accounts with a secret per log-in, pushed into Asterisk's memory and never written to a file."""

import contextlib

from appliance.pbx.ari import AriClient, AriError


def endpoint_name(agent_id: int) -> str:
    return f"web{agent_id}"


def manager_endpoint(user_id: int) -> str:
    """Of a shift manager, who need not be an agent: to listen in with."""
    return f"webm{user_id}"


async def push(ari: AriClient, name: str, secret: str) -> None:
    """Make the account usable at once. Only the local proxy may use it (`permit`): nothing outside can guess at it."""
    await ari.put_object("auth", name, {"auth_type": "digest", "username": name, "password": secret})
    await ari.put_object(
        "aor",
        name,
        {
            "max_contacts": "1",
            "remove_existing": "yes",
            "maximum_expiration": "300",
            "minimum_expiration": "30",
        },
    )
    if await ari.has_object("endpoint", name):
        return  # it is always the same, and Asterisk loses its `permit` when it is put again
    await ari.put_object(
        "endpoint",
        name,
        {
            "transport": "transport-ws",
            "webrtc": "yes",
            "dtls_auto_generate_cert": "yes",
            "context": "from-web-phone",
            "disallow": "all",
            "allow": "alaw,ulaw,opus",
            "auth": name,
            "aors": name,
            "direct_media": "no",
            "rtp_timeout": "20",
            "allow_transfer": "no",
            "deny": "0.0.0.0/0.0.0.0",
            "permit": "127.0.0.1/255.255.255.255",
        },
    )


async def remove(ari: AriClient, name: str) -> None:
    """Revoke the account; a call in progress goes on."""
    for kind in ("endpoint", "aor", "auth"):
        with contextlib.suppress(AriError):
            await ari.delete_object(kind, name)
