"""A wheelhouse is built once for the hosts that share it, and nobody else sees the password of the index meanwhile."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from testkit.playbook import play_text

SECRET = "password-of-the-index"
RELEASES = {"chat1": "trixie", "chat2": "bookworm", "chat3": "trixie", "chat4": "bookworm"}
PLAY = """
- name: Hosts have a wheelhouse
  hosts: all
  gather_facts: false
  connection: local
  vars_files: [inputs.json]
  tasks:
    - name: Bring the wheelhouse
      ansible.builtin.include_role:
        name: privatechat.platform.synapse
        tasks_from: wheelhouse
"""
# What the build calls: pip says what it was given, and what others may read of all processes.
PROGRAMS = {
    "apt-get": "#!/bin/sh\n",
    "python3": f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"
mkdir -p "$3/bin"
cat > "$3/bin/pip" << 'END'
#!/bin/sh
for last; do :; done
[ "$2" = wheel ] || exit 0
echo "$PIP_INDEX_URL" >> "$BUILDS"
cat /proc/[0-9]*/cmdline >> "$SEEN" 2> /dev/null
mkdir "$last" && echo "$PIP_INDEX_URL" > "$last/index"
END
chmod 0755 "$3/bin/pip"
""",
}


@pytest.mark.skipif(os.geteuid() != 0, reason="what root runs belongs to root, here as on a host")
def test_one_host_of_each_release_builds_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, builds, seen = tmp_path / "bin", tmp_path / "builds", tmp_path / "seen"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("BUILDS", str(builds))
    monkeypatch.setenv("SEEN", str(seen))
    index = f"https://user:{SECRET}@{{{{ release }}}}.example.com/simple"
    inputs = {
        "ansible_facts": {"distribution_release": "{{ release }}", "architecture": "x86_64"},
        "synapse_wheelhouse_directory": str(tmp_path / "kept"),
        "synapse_pip_environment": {"PIP_INDEX_URL": index},
    }
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    hosts = {
        name: {"release": release, "directory": str(tmp_path / name), "ansible_python_interpreter": sys.executable}
        for name, release in RELEASES.items()
    }
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    run = play_text(PLAY, tmp_path / "hosts.yml", tmp_path, "-e", "__synapse_base_directory={{ directory }}")
    assert run.status == 0, run.output
    wanted = {name: index.replace("{{ release }}", release) for name, release in RELEASES.items()}
    assert sorted(builds.read_text().split()) == sorted(set(wanted.values()))
    assert {name: (tmp_path / name / "wheelhouse/index").read_text().strip() for name in RELEASES} == wanted
    assert "build_wheelhouse.sh" in seen.read_text()
    assert SECRET not in seen.read_text() + run.output
    assert [*tmp_path.glob("chat*/*.env"), *tmp_path.glob("chat*/*.tar")] == []
