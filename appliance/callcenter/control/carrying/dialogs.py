"""What is kept of a leg's SIP dialog, as far as it is needed to replace it (RFC 3891)."""

import re
from dataclasses import dataclass

from appliance.callcenter.control.identity import PARTS

_CALL_ID = re.compile(r"[!-~]{1,255}")
_NOT_IN_CALL_ID = re.compile(r"[;,|&]")
_TAG = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,128}")
_TARGET = re.compile(r"sip:[A-Za-z0-9_.!~*'()%+=;:@\[\]-]{1,250}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WEBSOCKET = re.compile(r";transport=wss?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialog:
    """`target` is where the far side wants requests of this dialog to be sent; both tags as Asterisk saw them."""

    endpoint: str
    call_id: str
    local_tag: str
    remote_tag: str
    target: str

    @property
    def line(self) -> str:
        """What Asterisk is to dial: exactly the far side of this dialog."""
        return f"PJSIP/{self.endpoint}/{self.target}"

    @property
    def headers(self) -> dict[str, str]:
        """Channel variables that make the INVITE take the dialog's place, or fail (RFC 3891, 4 and 6.1).

        The tags are named as the receiver sees them: its own one is the `to-tag`.
        """
        replaced = f"{self.call_id};to-tag={self.remote_tag};from-tag={self.local_tag}"
        return {"PJSIP_HEADER(add,Replaces)": replaced, "PJSIP_HEADER(add,Require)": "replaces"}


def read(kept: str) -> Dialog | None:
    """The dialog from what `identity` keeps of a leg; None where it is not known, or cannot be replaced.

    All of it was said by the far side once: whatever would mean something to Asterisk's dialling or to the header
    is refused. A browser's telephone is reached through its own connection only, which is gone.
    """
    parts = dict(zip(PARTS, kept.split("|"), strict=False))
    found = Dialog(
        parts.get("CHANNEL(endpoint)", ""),
        parts.get("CHANNEL(pjsip,call-id)", ""),
        parts.get("CHANNEL(pjsip,local_tag)", ""),
        parts.get("CHANNEL(pjsip,remote_tag)", ""),
        parts.get("CHANNEL(pjsip,target_uri)", "").strip("<>"),
    )
    fits = (
        _ENDPOINT.fullmatch(found.endpoint)
        and _CALL_ID.fullmatch(found.call_id)
        and not _NOT_IN_CALL_ID.search(found.call_id)
        and _TAG.fullmatch(found.local_tag)
        and _TAG.fullmatch(found.remote_tag)
        and _TARGET.fullmatch(found.target)
        and not _WEBSOCKET.search(found.target)
    )
    return found if fits else None
