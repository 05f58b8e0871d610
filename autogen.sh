#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make ./configure from configure.ac; needed once in a git checkout.
cd "$(dirname "$0")" && exec autoreconf --install --force
