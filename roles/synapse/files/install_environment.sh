#!/bin/sh
# install_environment.sh ENVIRONMENT WHEELHOUSE
# Makes a virtual environment of exactly the wheels in the wheelhouse, and marks it complete at the very end.
set -eu
environment=$1 wheelhouse=$2
rm -rf "$environment"
mkdir -p "$(dirname "$environment")"
python3 -m venv "$environment"
"$environment/bin/pip" --quiet install --no-index --no-deps --no-compile "$wheelhouse"/*.whl
# Files that are no valid Python, such as templates of code, stay as they are.
"$environment/bin/python" -m compileall -qq -j 0 "$environment/lib" || true
"$environment/bin/pip" --quiet check
rm -rf "$wheelhouse"
touch "$environment/.complete"
