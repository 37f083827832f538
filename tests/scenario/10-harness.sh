#!/bin/bash
# The harness tells good programs from failing, crashing, hanging and empty
# ones. It comes first: what follows rests on it.
exec tests/harness/selftest.sh
