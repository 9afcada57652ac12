"""A certificate authority for one test, and a certificate for a registrar on loopback."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.real.peers.process import require


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM."""

    authority: Path
    certificate: Path
    key: Path


def issue(folder: Path, name: str = "pbx.test") -> Certificates:
    """Make an authority and let it vouch for *name*, 127.0.0.1 and ::1."""
    made = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    extensions = folder / "extensions.cnf"
    extensions.write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1,IP:::1\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority_key = folder / "ca-key.pem"
    _openssl("req", "-x509", *new_key, "-days", "30", "-subj", "/CN=Test authority", "-keyout", authority_key,
             "-out", made.authority)  # fmt: skip
    request = folder / "request.pem"
    _openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
    _openssl("x509", "-req", "-in", request, "-CA", made.authority, "-CAkey", authority_key, "-days", "30",
             "-extfile", extensions, "-out", made.certificate)  # fmt: skip
    return made


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run([require("openssl", "openssl"), *map(str, arguments)], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
