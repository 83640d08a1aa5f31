"""Makes the node image from Debian packages: a bare machine with an init, SSH and one operator, and nothing else."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from pathlib import Path

from .host import CACHE_URL, podman
from .shell import run, say, succeeds

PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,python3,sudo,ca-certificates"
# Package lists inside an image age, so it is made anew after this time.
MAX_AGE_DAYS = 5
HOST_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
FILES = {
    "etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    "etc/sudoers.d/operator": "operator ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "etc/apt/apt.conf.d/90lab-cache": f'Acquire::http::Proxy "{CACHE_URL}";\nAcquire::Languages "none";\n',
    "etc/apt/apt.conf.d/91lab-keep": 'APT::Keep-Downloaded-Packages "false";\n',
    # A test node may lose its last second when the host dies; packages install several times faster.
    "etc/dpkg/dpkg.cfg.d/lab": "force-unsafe-io\n",
    "etc/systemd/system/ssh.service.d/lab.conf": "[Service]\nExecStartPre=\n"
    "ExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n",
}
# Units that would take the host's terminals or need the host's kernel.
MASKED = ("getty.target", "console-getty.service", "systemd-modules-load.service", "systemd-firstboot.service")


def make(release: str, cache: Path) -> str:
    """Return the image's name, having made it when it is missing, old, or of another recipe."""
    extra = _extra_certificates()
    recipe = hashlib.sha256(repr((PACKAGES, FILES, MASKED, extra)).encode()).hexdigest()[:12]
    name = f"localhost/privatechat-node:{release}-{recipe}"
    archive = cache / "images" / f"{release}-{recipe}.tar"
    fresh = archive.exists() and time.time() - archive.stat().st_mtime < MAX_AGE_DAYS * 86400
    if fresh and succeeds(podman("image", "exists", name)):
        return name
    if not fresh:
        _bootstrap(release, archive, extra)
    for old in run(podman("images", "--format", "{{.Repository}}:{{.Tag}}")).split():
        if old.startswith(f"localhost/privatechat-node:{release}-"):
            # An image that a node still uses stays until a later time.
            run(podman("rmi", old), check=False)
    say(f"Importing the node image for Debian {release}")
    run(podman("import", "--quiet", "--change", 'CMD ["/sbin/init"]', str(archive), name))
    return name


def _bootstrap(release: str, archive: Path, extra: list[str]) -> None:
    say(f"Making the node image for Debian {release} (about half a minute)")
    archive.parent.mkdir(parents=True, exist_ok=True)
    for old in archive.parent.glob(f"{release}-*"):
        old.unlink()
    partial = archive.with_suffix(".part.tar")
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        tree.chmod(0o755)
        certificates = {f"usr/local/share/ca-certificates/host-{n}.crt": text for n, text in enumerate(extra)}
        for path, text in {**FILES, **certificates}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        hooks = [
            f"--customize-hook=tar -C {tree} -c --owner=0 --group=0 . | tar -C $1 -x --no-same-permissions",
            '--customize-hook=chroot "$1" useradd --create-home --gid operator --shell /bin/bash operator',
            '--customize-hook=chroot "$1" install -d -m 0700 -o operator -g operator /home/operator/.ssh',
            '--customize-hook=chmod 0440 "$1/etc/sudoers.d/operator"',
            '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*_key*',
            f'--customize-hook=cd "$1/etc/systemd/system" && for u in {" ".join(MASKED)}; do ln -sf /dev/null $u; done',
            '--customize-hook=chroot "$1" update-ca-certificates',
            '--customize-hook=: > "$1/etc/machine-id"',
            "--skip=cleanup/apt/lists",
        ]
        proxy = f'--aptopt=Acquire::http::Proxy "{CACHE_URL}"'
        run(
            [
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                proxy,
                f"--include={PACKAGES}",
                *hooks,
                release,
                str(partial),
            ]
        )
    os.replace(partial, archive)


def _extra_certificates() -> list[str]:
    """Return the authorities that this host trusts beyond Debian's own, which nodes need for the same downloads."""
    pattern = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
    known: set[str] = set()
    for path in Path("/usr/share/ca-certificates").rglob("*.crt"):
        known.update(_body(text) for text in pattern.findall(path.read_text()))
    bundle = pattern.findall(HOST_BUNDLE.read_text()) if HOST_BUNDLE.exists() else []
    return sorted(text.rstrip("\n") + "\n" for text in bundle if _body(text) not in known)


def _body(text: str) -> str:
    return "".join(text.split())
