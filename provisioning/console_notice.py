"""Tells the console of a new box where to go and with which code: `python -m provisioning.console_notice`.

Written where agetty(8) picks it up. Once there is an administrator the code is gone, and so is the notice.
"""

import sys
from pathlib import Path

from appliance import config
from provisioning.web_certificate import own_addresses

NOTICE = Path("/run/issue.d/hcc.issue")


def notice(code: str, addresses: list[str]) -> str:
    """A few lines in both languages; the console may not have Chinese letters, so English carries all facts."""
    places = "\n".join(
        f"    https://{address}/" if ":" not in address else f"    https://[{address}]/" for address in addresses
    )
    return (
        "\n新设备，请在浏览器中设置管理员 / New box: name its administrator in a browser\n"
        f"{places or '    (no network address yet)'}\n"
        f"    code 设置码: {code}\n\n"
    )


def main() -> int:
    try:
        state = config.load().paths.state
    except config.ConfigError:
        state = config.Config().paths.state
    try:
        code = (Path(state) / "secrets" / "setup.code").read_text("ascii").strip()
    except FileNotFoundError:
        NOTICE.unlink(missing_ok=True)
        return 0
    NOTICE.parent.mkdir(exist_ok=True)
    NOTICE.write_text(notice(code, own_addresses()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
