#!/bin/bash
# run.sh: the campaigns that are too long for `make check`, one after the other.
set -eu
cd "$(dirname "$0")/../.."
for campaign in ledger power inject; do
	echo "== $campaign"
	"tests/torture/$campaign.sh"
done
