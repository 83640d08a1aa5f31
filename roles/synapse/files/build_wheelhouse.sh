#!/bin/sh
# build_wheelhouse.sh REQUIREMENTS TAR ENVIRONMENT PACKAGE...
# Downloads every pinned dependency, checks it against its hash, builds those that come as source, and packs the wheels.
# The named packages are installed for the build; they and what they bring are removed again. ENVIRONMENT is a file that is
# removed as soon as it is read: it may hold the password of an index.
set -eu
requirements=$1 tar=$2 environment=$3
shift 3
set -a
. "$environment"
set +a
rm "$environment"
# A run that was killed may have left its build at work.
exec 9> "$tar.lock"
flock 9
[ ! -e "$tar" ] || exit 0
export DEBIAN_FRONTEND=noninteractive
apt="apt-get --quiet=2 --yes -o DPkg::Lock::Timeout=300 --no-install-recommends install"
# New packages only: the line of one that would be upgraded names its present version in brackets.
brought=$($apt --simulate --quiet=1 "$@" | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
work=$(mktemp -d /var/tmp/wheelhouse.XXXXXX)
clean() {
  # dpkg, unlike apt, never removes more than it is told: other packages may need some of these by now.
  echo "$brought" | xargs --no-run-if-empty dpkg --purge > "$work/purge.log" 2>&1 || cat "$work/purge.log" >&2
  rm -rf "$work" "$tar.lock"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM
$apt "$@" > /dev/null
python3 -m venv "$work/tools"
# Only the build tools themselves, from the same list of hashes.
sed -n '/^\(setuptools\|wheel\|packaging\)==/,/[^\\]$/p' "$requirements" > "$work/tools.txt"
"$work/tools/bin/pip" --quiet install --require-hashes --requirement "$work/tools.txt"
"$work/tools/bin/pip" --quiet wheel --require-hashes --no-build-isolation --no-deps \
  --requirement "$requirements" --wheel-dir "$work/wheels"
tar --create --file "$tar.part" --directory "$work/wheels" .
chmod 0644 "$tar.part"
mv "$tar.part" "$tar"
