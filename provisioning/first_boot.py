"""What makes this box different from every other: secrets, certificate. Runs as root, before the programs.

What lasts is made once and kept under /var/lib/hcc; what is good for one boot only lies in /run/hcc.
"""

import grp
import os
import secrets
import sys
from pathlib import Path

from appliance import config
from appliance.config import Config
from appliance.ha import cluster_file
from appliance.ha.cluster_file import Part
from provisioning import web_certificate

RUN = Path("/run/hcc")
KEY_BYTES = 32


def write_private(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Create or replace `path`, complete or not at all, readable by root and the group of the programs."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chown(part, 0, grp.getgrnam("hcc").gr_gid)
    part.chmod(mode)
    part.replace(path)


def lasting_secrets(state: Path) -> None:
    """The keys from which the secrets of browser telephones, and tokens of integrators' pages, are derived."""
    for name in ("web-phone.key", "webcti-token.key"):
        key = state / "secrets" / name
        if not key.exists():
            write_private(key, secrets.token_bytes(KEY_BYTES))


def secrets_of_this_boot(settings: Config) -> None:
    """The password of call control's door into Asterisk."""
    secret_file = Path(settings.pbx.secret_file)
    if secret_file.exists():
        return
    secret = secrets.token_hex(KEY_BYTES)
    user = settings.pbx.user
    write_private(
        RUN / "asterisk-ari.conf",
        f"[{user}]\ntype = user\nread_only = no\npassword = {secret}\n".encode(),
    )
    write_private(secret_file, secret.encode())


def choose_database(settings: Config) -> None:
    """Leave a mark for the database server's unit when the database is to be on this box."""
    mark = RUN / "use-postgresql"
    if settings.database.url.startswith("postgresql") and "@/" in settings.database.url:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)


def note_witness(cluster_path: Path = cluster_file.CLUSTER_PATH) -> None:
    """Leave the mark that keeps the call centre's units off on a witness."""
    mark = RUN / "witness"
    try:
        cluster = cluster_file.load(cluster_path)
    except config.ConfigError as error:
        sys.stderr.write(f"<4>first boot: {error}\n")
        return
    if cluster is not None and cluster.own.part is Part.WITNESS:
        mark.touch()
    else:
        mark.unlink(missing_ok=True)


def main() -> int:
    """A wrong configuration file is the programs' to refuse; the web front gets its certificate all the same."""
    try:
        settings = config.load()
    except config.ConfigError as error:
        sys.stderr.write(f"<4>first boot: {error}\n")
        settings = Config()
    state = Path(settings.paths.state)
    lasting_secrets(state)
    secrets_of_this_boot(settings)
    choose_database(settings)
    note_witness()
    web_certificate.keep(state / "tls", None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
