"""Where on a machine the things of the cluster lie, and how they are written."""

import contextlib
import grp
import os
from dataclasses import dataclass
from pathlib import Path

from appliance.disk import put_away

ETCD_GROUP = "etcd"
"""Reads certificates and keys; everything else is root's alone."""


@dataclass(frozen=True)
class Places:
    """`root` is another folder in tests only."""

    root: Path = Path("/")

    @property
    def cluster_file(self) -> Path:
        return self.root / "etc/hcc/cluster.toml"

    @property
    def settings_file(self) -> Path:
        return self.root / "etc/hcc/hcc.toml"

    @property
    def postgresql_mark(self) -> Path:
        """As hcc-firstboot leaves it at each boot."""
        return self.root / "run/hcc/use-postgresql"

    @property
    def joining_file(self) -> Path:
        """What cluster.toml will be once joining has come to its end."""
        return self.root / "etc/hcc/cluster.joining"

    @property
    def etcd_file(self) -> Path:
        return self.root / "etc/hcc/etcd.json"

    @property
    def etcd_data(self) -> Path:
        return self.root / "var/lib/hcc-etcd/data"

    @property
    def witness_mark(self) -> Path:
        """While it is there, the units of the telephone exchange do not start."""
        return self.root / "run/hcc/witness"

    @property
    def founder_mark(self) -> Path:
        """On the first box, until its agent has made the database: a second may join before that."""
        return self.root / "var/lib/hcc/founder"

    @property
    def watchdog(self) -> Path:
        return self.root / "dev/watchdog0"

    @property
    def pki(self) -> Path:
        return self.root / "etc/hcc/pki"

    @property
    def authority(self) -> Path:
        return self.pki / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """On the boxes, not on the witness."""
        return self.pki / "ca.key"

    @property
    def certificate(self) -> Path:
        return self.pki / "member.pem"

    @property
    def key(self) -> Path:
        return self.pki / "member.key"

    @property
    def password(self) -> Path:
        """Of the cluster file's `etcd_user`."""
        return self.pki / "etcd.password"

    @property
    def witness_password(self) -> Path:
        """Of etcd's user for the witness: on the boxes, to be handed to it."""
        return self.pki / "witness.password"

    @property
    def root_password(self) -> Path:
        """Of etcd's root, who changes members; on the boxes, not on the witness."""
        return self.pki / "root.password"

    @property
    def shared_seen(self) -> Path:
        """Which of the shared keys in etcd were known here last; see `shared`."""
        return self.pki / "shared.seen"

    def make_pki(self) -> None:
        self.pki.mkdir(parents=True, exist_ok=True)
        self.pki.chmod(0o750)
        _give_to_group(self.pki)

    def forget(self) -> None:
        """Everything that makes this machine a member, the file that says so first."""
        for file in (self.cluster_file, self.joining_file, self.etcd_file, self.founder_mark):
            file.unlink(missing_ok=True)
        for file in self.pki.glob("*"):
            file.unlink()


def write(path: Path, content: bytes | str, *, mode: int = 0o600, group: bool = False) -> None:
    """Create or replace `path`, complete or not at all, also when the power fails; `group`: etcd may read it."""
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    if group:
        _give_to_group(part)
    part.chmod(mode)
    put_away(part, path)


def _give_to_group(path: Path) -> None:
    with contextlib.suppress(KeyError):  # a Debian without etcd's user
        os.chown(path, 0, grp.getgrnam(ETCD_GROUP).gr_gid)
