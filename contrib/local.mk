# SPDX-License-Identifier: GPL-2.0-or-later
# What is around the program: completion, recipes, example sites.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completion/reroll
TESTS += tests/unit/test-completion.sh tests/unit/test-man.sh
EXTRA_DIST += tests/unit/test-completion.sh tests/unit/test-man.sh
TESTS += tests/unit/test-recipes.sh
EXTRA_DIST += tests/unit/test-recipes.sh
TESTS += tests/unit/test-examples.sh
EXTRA_DIST += tests/unit/test-examples.sh
