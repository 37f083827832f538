#!/bin/bash
# extras.sh: clients that Debian does not have, into build/extras, by the package
# managers as they are configured here. Only for machines that say so, by
# GATEHOUSE_TEST_EXTRA=1; what cannot be had is left out, and the scenario that
# needs it skips it by name.
set -u
cd "$(dirname "$0")/../.." || exit 2
[ -n "${GATEHOUSE_TEST_EXTRA-}" ] || exit 0
mkdir -p build/extras

# In a folder of its own and then moved: half an installation is none.
npm_module() {
	[ -d build/extras/npm ] && return
	rm -rf build/extras/npm.new
	mkdir -p build/extras/npm.new
	(cd build/extras/npm.new &&
	    timeout 300 npm install --silent --no-fund --no-audit "$@") &&
	    mv build/extras/npm.new build/extras/npm
}

python_modules() {
	[ -d build/extras/python ] && return
	rm -rf build/extras/python.new
	/usr/bin/python3 -m venv build/extras/python.new &&
	    timeout 600 build/extras/python.new/bin/pip install -q "$@" &&
	    mv build/extras/python.new build/extras/python
}

if command -v npm >/dev/null; then
	npm_module @aws-sdk/client-s3 || echo "extras.sh: no @aws-sdk/client-s3"
fi
python_modules s3fs || echo "extras.sh: no s3fs"
exit 0
