#!/bin/sh
# install_environment.sh ENVIRONMENT WHEELHOUSE REQUIREMENTS
# Makes a virtual environment of exactly the pinned wheels, each checked against its hash, and marks it complete at the
# very end. Nothing but the wheelhouse is asked for them.
set -eu
environment=$1 wheelhouse=$2 requirements=$3
rm -rf "$environment"
python3 -m venv "$environment"
# psycopg2 is published as source only; its wheel was built by us and has a hash that no list can know.
built=$(sha256sum "$wheelhouse"/psycopg2-*.whl | cut -d ' ' -f 1)
sed "s/^psycopg2==[^ ]*/& --hash=sha256:$built/" "$requirements" > "$environment/requirements.txt"
"$environment/bin/pip" --quiet install --no-index --find-links "$wheelhouse" --no-deps --no-compile \
  --require-hashes --requirement "$environment/requirements.txt"
# Files that are no valid Python, such as templates of code, stay as they are.
"$environment/bin/python" -m compileall -qq -j 0 "$environment/lib" || true
"$environment/bin/pip" --quiet check
rm -rf "$wheelhouse"
# The mark must not outlive a power failure that the files before it do not.
sync --file-system "$environment"
touch "$environment/.complete"
