#!/bin/sh
# Makes all parity cases anew. Needs PyTorch 1.13 (Debian: apt-get install python3-torch).
cd "$(dirname "$0")" || exit 1
for family in pointwise reduce views products indexing losses layers recurrent attention optimizers init others in_place special; do
  /usr/bin/python3 -W ignore "$family.py" || exit 1
done
