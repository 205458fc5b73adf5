"""The certificate that a box makes itself: it names every address under which a pair's pages are opened."""

import ipaddress
import ssl
import subprocess
from pathlib import Path

import pytest

from appliance.ha.cluster_file import Cluster, Member, Part, ServiceAddress
from provisioning import web_certificate

pytestmark = pytest.mark.req("HA-2")
OWN = "192.0.2.11"


@pytest.fixture(autouse=True)
def _own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_certificate, "own_addresses", lambda: [OWN])


def pair(*boxes: str) -> Cluster:
    members = [Member(f"box{place}", Part.BOX, address) for place, address in enumerate(boxes, 1)]
    members.append(Member("watcher", Part.WITNESS, "192.0.2.19"))
    return Cluster("hospital", "box1", tuple(members), ServiceAddress("eth0", "192.0.2.10", "2001:db8:0::10"))


def names(folder: Path) -> set[str]:
    told = ssl._ssl._test_decode_cert(str(folder / "appliance.crt"))["subjectAltName"]  # type: ignore[attr-defined]
    return {str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name for kind, name in told}


def content(folder: Path) -> bytes:
    return (folder / "appliance.crt").read_bytes() + (folder / "appliance.key").read_bytes()


def test_one_that_is_good_stays(tmp_path: Path) -> None:
    web_certificate.keep(tmp_path, None)
    first = content(tmp_path)
    assert {OWN, "localhost"} < names(tmp_path)
    web_certificate.keep(tmp_path, None)
    assert content(tmp_path) == first


def test_a_pairs_names_the_service_address_and_both_boxes(tmp_path: Path) -> None:
    web_certificate.keep(tmp_path, None)
    web_certificate.keep(tmp_path, pair(OWN))
    assert {OWN, "192.0.2.10", "2001:db8::10"} < names(tmp_path)
    assert "192.0.2.12" not in names(tmp_path)
    joined = pair(OWN, "192.0.2.12")
    web_certificate.keep(tmp_path, joined)
    assert {"192.0.2.12", "192.0.2.10", "2001:db8::10"} < names(tmp_path)
    assert "192.0.2.19" not in names(tmp_path), "the witness has no pages"
    made = content(tmp_path)
    web_certificate.keep(tmp_path, joined)
    assert content(tmp_path) == made


def test_what_the_hospital_brought_is_not_replaced(tmp_path: Path) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "90",
    ]
    command += ["-subj", "/O=HCC Hospital/CN=calls.example", "-addext", "subjectAltName=DNS:calls.example"]
    subprocess.run(
        [*command, "-keyout", str(tmp_path / "appliance.key"), "-out", str(tmp_path / "appliance.crt")],
        check=True,
        capture_output=True,
    )
    brought = content(tmp_path)
    web_certificate.keep(tmp_path, pair(OWN, "192.0.2.12"))
    assert content(tmp_path) == brought


def test_a_file_that_is_no_certificate_is_made_anew(tmp_path: Path) -> None:
    web_certificate.keep(tmp_path, None)
    (tmp_path / "appliance.crt").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    web_certificate.keep(tmp_path, pair(OWN))
    assert "192.0.2.10" in names(tmp_path)
