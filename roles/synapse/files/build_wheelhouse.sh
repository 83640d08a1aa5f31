#!/bin/sh
# build_wheelhouse.sh REQUIREMENTS TAR PACKAGE...
# Downloads every pinned dependency, checks it against its hash, builds those that come as source, and packs the wheels.
# The named packages are installed for the build; they and what they bring are removed again.
set -eu
requirements=$1 tar=$2
shift 2
export DEBIAN_FRONTEND=noninteractive
work=$(mktemp -d /var/tmp/wheelhouse.XXXXXX)
installed() { dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii  *//p' | sort; }
installed > "$work/before"
clean() {
  installed | comm -13 "$work/before" - > "$work/brought"
  [ ! -s "$work/brought" ] || xargs apt-get --quiet=2 --yes purge < "$work/brought" > "$work/purge.log" 2>&1 || cat "$work/purge.log" >&2
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
apt-get --quiet=2 --yes -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" > /dev/null
python3 -m venv "$work/tools"
# Only the build tools themselves, from the same list of hashes.
sed -n '/^\(setuptools\|wheel\|packaging\)==/,/[^\\]$/p' "$requirements" > "$work/tools.txt"
"$work/tools/bin/pip" --quiet install --require-hashes --requirement "$work/tools.txt"
"$work/tools/bin/pip" --quiet wheel --require-hashes --no-build-isolation --no-deps \
  --requirement "$requirements" --wheel-dir "$work/wheels"
tar --create --file "$tar.part" --directory "$work/wheels" .
chmod 0644 "$tar.part"
mv "$tar.part" "$tar"
