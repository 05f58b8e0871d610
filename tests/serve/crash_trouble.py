# SPDX-License-Identifier: GPL-2.0-or-later
"""What this machine may do to us: no room, a store in use, another time.

Each case ends as without it: nothing is lost or sent twice, no submitter hears
of it, and staff does.
"""
import os
import sqlite3
import subprocess
import time

from crash_points import Reference, crash, fill, same
from crash_scenes import asked
from crash_site import REROLL, SHIM, Site, until

BUSY_S = 18  # more than thrice what we wait for it


def compare(site, reference, window=()):
    site.sound()
    site.once(window)
    got, wanted = site.outcome(), reference.of("mixed")
    # Of troubles there are more, that is what they are for.
    missing = set(wanted["troubles"]) - set(got["troubles"])
    assert not missing, f"staff is not told of {missing}"
    same(got, {what: value for what, value in wanted.items()
               if what != "troubles"})


def nobody_forgotten(site):
    live = asked(site, call="status")["status"]["live"]
    there = (live["waiting_for_gates"] + live["waiting_for_builds"] +
             live["gates_busy"] + live["builds_busy"])
    runs = site.rows("SELECT count(*) FROM run WHERE stage IS NOT NULL AND "
                     "held IS NULL")[0][0]
    return runs == there


def in_use(reference, repo, folder):
    """Another process has the store locked, longer than we wait for it: each
    run that cannot be written down is begun again later, by the same daemon."""
    site = Site(folder, repo)
    daemon = site.start("--no-sandbox")
    until(lambda: "ready" in site.log(), "the daemon")
    fill("mixed", site)
    until(lambda: site.rows("SELECT 1 FROM run"), "the first run")
    holder = sqlite3.connect(site.path("state", "reroll.db"),
                             isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    time.sleep(BUSY_S)
    assert daemon.poll() is None, "it has ended"
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: nobody_forgotten(site), "all runs to be led or queued")
    daemon.terminate()
    assert not site.ended(daemon.wait(90))
    site.settle()
    compare(site, reference)
    assert "locked" in site.log(), "nobody was told"
    site.server.shutdown()


def clock_back(fault):
    def check(reference, repo, folder):
        """An hour, where it died; the next one lives in the hour before."""
        site = Site(folder, repo)
        fill("mixed", site)
        site.env.update(LD_PRELOAD=SHIM, SHIM_CLOCK=site.path("hour"))
        crash(site, fault)
        site.write("hour", "")
        window = set(site.server.accepted()) - site.marked()
        site.settle()
        compare(site, reference, [window])
        site.server.shutdown()
    return check


FULL = """mount -t tmpfs -o size=1m tmpfs "$1/state" || exit 77
dd if=/dev/zero of="$1/state/ballast" bs=1k count="$2" 2>"$1/dd"
"$3" serve --until-idle --no-sandbox --site "$1/reroll.yaml" &
daemon=$!
while kill -0 $daemon && ! grep -q -e full -e "No space" "$1/log"; do
	sleep 0.05
done 2>"$1/wait"
sleep 1
mount -o remount,size=16m tmpfs "$1/state"
rm "$1/state/ballast"
wait $daemon
echo $? >"$1/status"
"$3" backup --site "$1/reroll.yaml" "$1/backup.db" ||
	echo no backup
"""


def no_room(spare_kb):
    def check(reference, repo, folder):
        """A state folder that is full, until somebody makes room: more than
        SQLite's journal may take, which is 4 MiB."""
        site = Site(folder, repo)
        fill("mixed", site)
        with open(site.path("log"), "ab") as log:
            subprocess.run(
                ["unshare", "--user", "--map-root-user", "--mount", "sh",
                 "-c", FULL, "sh", site.top, str(1024 - spare_kb), REROLL],
                env=site.env, cwd=site.top, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, timeout=300, check=False)
        said = site.log()
        with open(site.path("status")) as file:
            assert file.read() == "0\n", f"it ended badly: {said[-900:]}"
        os.rename(site.path("backup.db"), site.path("state", "reroll.db"))
        site.settle()
        compare(site, reference)
        assert "full" in said or "No space" in said, "there was room"
        site.server.shutdown()
    return check


CASES = {
    "the store is in use for 18 s": in_use,
    "the clock goes back at event-kept": clock_back("event-kept"),
    "the clock goes back at stage-kept": clock_back("stage-kept:9"),
    "the clock goes back at outbox-mark-kept": clock_back("outbox-mark-kept"),
    "no room for what comes": no_room(360),
    "no room for replies": no_room(440),
    "no room for builds": no_room(520),
}


def cases(points, repo, work):
    del points
    reference = Reference(repo, work)
    return [(name, lambda folder, check=check: check(reference, repo, folder))
            for name, check in CASES.items()]
