# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benches on the kernel share: a tree by hand, changes, the line.

The tree by hand is made once below $XDG_CACHE_HOME/reroll/bench, in which a
file is changed and `make -jN` is called, as somebody would who works on it.
"""
import os
import pathlib
import shutil
import subprocess
import time

SRC = os.environ["top_srcdir"]
REROLL = os.environ["top_builddir"] + "/reroll"
HOME = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or
                    pathlib.Path.home() / ".cache") / "reroll"
HAND = HOME / "bench" / "hand"
STATE = HOME / "bench" / "state"
CPUS = os.cpu_count() or 1
FILE = "kernel/sys.c"
LINE = "int overflowuid = DEFAULT_OVERFLOWUID;\n"
FRAGMENT = pathlib.Path(SRC + "/contrib/sample-kernel/qemu")
MAIL = """From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Bench <bench@example.org>
Date: Sat, 21 Nov 2026 08:00:00 +0000
Subject: [PATCH] bench: change %(file)s
Message-ID: <%(id)s@example.org>

To see how long its build takes.

Signed-off-by: Bench <bench@example.org>
---
"""
_count = 0

os.environ["REROLL_TEMPLATES"] = SRC + "/templates"
os.environ["REROLL_BOARDS"] = SRC + "/boards"
os.environ["REROLL_GUEST"] = SRC + "/share/guest"
repo = subprocess.run([SRC + "/contrib/make-kernel-base"], check=True,
                      stdout=subprocess.PIPE).stdout.decode().strip()


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          **options)


def seconds(call):
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


def make(*targets, jobs=CPUS, out="out"):
    run("make", "-C", str(HAND / "src"), "O=" + str(HAND / out),
        "-j%d" % jobs, *targets)


def show(path):
    """A file of the base, as text."""
    return subprocess.check_output(["git", "-C", repo, "show",
                                    "HEAD:" + path]).decode()


def _configure():
    make("tinyconfig")
    with open(HAND / "out/.config", "a") as config:
        config.write(FRAGMENT.read_text())
    make("olddefconfig")
    shutil.copy(FRAGMENT, HAND / "fragment")


def prepare_by_hand():
    """The tree, configured and built; how long that took from nothing."""
    clean = HAND / "clean-seconds"
    if clean.exists():
        used = HAND / "fragment"
        if not used.exists() or used.read_bytes() != FRAGMENT.read_bytes():
            _configure()
        make()
        return float(clean.read_text())
    shutil.rmtree(HAND, ignore_errors=True)
    (HAND / "src").mkdir(parents=True)
    archive = subprocess.Popen(["git", "-C", repo, "archive", "HEAD"],
                               stdout=subprocess.PIPE)
    run_tar = subprocess.run(["tar", "-x", "-C", str(HAND / "src")],
                             stdin=archive.stdout, check=True)
    assert archive.wait() == 0 and run_tar.returncode == 0
    _configure()
    took = seconds(make)
    clean.write_text("%.1f" % took)
    return took


def fresh():
    """A number that was never used in a change before."""
    global _count
    _count += 1
    return time.time_ns() % 10**9 + _count


def patch(base, file, old, new, path):
    """The mail of a series that replaces one line, written to `path`."""
    lines = base.splitlines(keepends=True)
    at = lines.index(old)
    hunk = lines[max(at - 3, 0):at], lines[at + 1:at + 4]
    begin = max(at - 3, 0) + 1
    size = len(hunk[0]) + 1 + len(hunk[1])
    body = ("diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n@@ -%d,%d +%d,%d @@\n" %
            (file, file, file, file, begin, size, begin, size))
    body += "".join(" " + line for line in hunk[0]) + "-" + old + "+" + new
    body += "".join(" " + line for line in hunk[1]) + "-- \n2.39.5\n"
    pathlib.Path(path).write_text(MAIL % {"file": file, "id": "%d" % fresh()} + body)
    return path


def change_by_hand(source, new):
    (HAND / "src" / FILE).write_text(source.replace(LINE, new))


def report(name, figure, unit, ours, peer, goal, least):
    ok = figure >= goal if least else figure <= goal
    print("bench: %s %.2f %s (ours %.2f s, peer %.2f s) goal %s %g %s" %
          (name, figure, unit, ours, peer, ">=" if least else "<=", goal,
           "ok" if ok else "short"), flush=True)
    return ok
