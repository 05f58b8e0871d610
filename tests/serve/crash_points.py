# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash at every fault point, and at a later passing of it."""
import os
import threading

from crash_site import Site, mixed, troubled

LATER = (1, 2, 5)  # passings

# Those that crash_scenes.py looks at.
ELSEWHERE = {
    "redis-before-ack", "redis-acked", "imap-before-ack", "imap-acked",
    "deliver-before-store", "deliver-kept", "submit-kept", "order-given",
    "order-kept", "pause-kept", "jobs-started", "jobs-kept", "job-sent",
    "job-before-end", "job-ended", "job-end-kept",
}

# Where each point is met; the others are met by the series of mixed().
SCENES = {
    "difference-held": "troubled", "run-put-off": "troubled",
    "run-put-off-kept": "troubled", "run-held": "troubled",
    "run-held-kept": "troubled", "trouble-noted": "troubled",
    "digest-written": "troubled", "digest-kept": "troubled",
    # Not of any point alone, but of these too.
    "events-kept": "both", "event-handled": "both",
    "writer-before-commit": "both", "writer-committed": "both",
}


def scenes_of(point):
    scene = SCENES.get(point, "mixed")
    return ("mixed", "troubled") if scene == "both" else (scene,)


def fill(scene, site):
    site.put(mixed() if scene == "mixed" else troubled())


def same(got, wanted):
    for what, value in wanted.items():
        assert got[what] == value, (
            f"{what} differ: {got[what]} where without a crash {value}")


class Reference:
    """What a scene comes to without a crash: found out once."""

    def __init__(self, repo, work):
        self.repo, self.work = repo, work
        self.lock = threading.Lock()
        self.known = {}

    def of(self, scene):
        with self.lock:
            if scene not in self.known:
                top = os.path.join(self.work, "reference-" + scene)
                os.mkdir(top)
                site = Site(top, self.repo)
                fill(scene, site)
                site.settle()
                site.once([])
                self.known[scene] = site.outcome()
                site.close()
            return self.known[scene]


def crash(site, fault):
    """Start until it has died there; false: it never comes there."""
    for _ in range(12):
        if site.serve({"REROLL_FAULT": fault}):
            return True
        if not site.hurry():
            return False
    raise AssertionError("it is never done")


def die_at(point, nth, scene, reference, repo, folder):
    site = Site(folder, repo)
    fill(scene, site)
    died = crash(site, f"{point}:{nth}")
    assert died or nth > 1, "it never passes there"
    window = set(site.server.accepted()) - site.marked()
    assert len(window) <= 1, f"not marked: {window}"
    site.settle()
    site.sound()
    site.once([window])
    same(site.outcome(), reference.of(scene))
    site.server.shutdown()


def cases(points, repo, work):
    reference = Reference(repo, work)

    def case(point, nth, scene):
        return (f"killed at {point}, passing {nth}, {scene}",
                lambda folder: die_at(point, nth, scene, reference, repo,
                                      folder))

    return [case(point, nth, scene)
            for point in points if point not in ELSEWHERE
            for scene in scenes_of(point) for nth in LATER]
