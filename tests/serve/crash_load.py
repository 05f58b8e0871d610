# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed at instants that a seed chooses, while mails come one by one."""
import os
import random
import signal
import threading
import time

from crash_points import same
from crash_site import Site, pair

KILLS = 200
ROUNDS = 4  # sites, each with its part of the kills
WHO = ("later", "nina")
SERIES = 5
LONGEST_S = 0.6


def load():
    return [mail for i in range(SERIES) for who in WHO
            for mail in pair(who, f"{who}{i}")]


def killed_once(site, after_s):
    """Whether it was, or had come to rest before."""
    daemon = site.start("--until-idle", "--no-sandbox")
    time.sleep(after_s)
    daemon.send_signal(signal.SIGKILL)
    status = daemon.wait()
    return site.ended(status)


def round_of(repo, seed, wanted, folder):
    chance = random.Random(seed)
    site = Site(folder, repo)
    mails, windows = load(), []
    while len(windows) < KILLS // ROUNDS:
        site.put(mails[:1])
        del mails[:1]
        if killed_once(site, chance.uniform(0, LONGEST_S)):
            windows.append(set(site.server.accepted()) - site.marked())
            assert len(windows[-1]) <= 1, f"not marked: {windows[-1]}"
            site.say_again()
        site.hurry(parts=False)
    site.put(mails)
    site.settle()
    site.sound()
    site.once(windows)
    same(site.outcome(), wanted())
    site.server.shutdown()


def cases(points, repo, work):
    del points
    seed = int(os.environ.get("SEED", "1"))
    lock, known = threading.Lock(), {}

    def wanted():
        with lock:
            if not known:
                top = os.path.join(work, "reference-load")
                os.mkdir(top)
                site = Site(top, repo)
                site.put(load())
                site.settle()
                known.update(site.outcome())
                site.close()
            return known

    return [(f"killed at {KILLS // ROUNDS} instants of seed {seed + i}",
             lambda folder, i=i: round_of(repo, seed + i, wanted, folder))
            for i in range(ROUNDS)]
