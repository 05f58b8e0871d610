# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes: what was not synced is lost, all of it or some of it.

The shim keeps what the disk would have. A file is its bytes at its last fsync;
which names a folder has is what it had at its own. The second kind of case
takes for each block that was written since the old one or the new one, by
chance: a disk may do so in any order.
"""
import os
import random
import shutil

from crash_points import Reference, crash, fill, same
from crash_site import SHIM, Site

BLOCK = 512
POINTS = (
    "event-kept:1", "maildir-before-move:1", "maildir-moved:1",
    "maildir-moved:7", "events-kept:1", "writer-committed:3",
    "run-begun-kept:2", "stage-kept:4", "builds-kept:1", "build-end-kept:1",
    "run-end-kept:1", "run-end-kept:4", "outbox-accepted:1",
    "outbox-before-mark:2", "outbox-mark-kept:1", "outbox-mark-kept:3",
)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def some_of(old, new, chance):
    """Of the blocks written since some are on the disk, some are not."""
    size = chance.choice((len(old), len(new)))
    blocks = []
    for at in range(0, size, BLOCK):
        one, other = old[at:at + BLOCK], new[at:at + BLOCK]
        block = chance.choice((one, other))
        blocks.append(block.ljust(min(BLOCK, size - at), b"\0"))
    return b"".join(blocks)[:size]


def marked_in_a_copy(site):
    """Reading a store that was killed changes its files."""
    copy = Site.__new__(Site)
    copy.top = site.path("copy")
    shutil.copytree(site.path("state"), copy.path("state"), symlinks=True,
                    ignore=lambda at, names: [
                        n for n in names if not n.startswith("reroll.db")])
    return copy.marked()


def lose_power(site, disk, chance):
    """The state folder, and the Maildir, as the disk has them."""
    state = site.path("state")
    names = {}
    listing = read(os.path.join(disk, "folder.%d" % os.stat(state).st_ino))
    for line in listing.decode().splitlines():
        inode, name = line.split(" ", 1)
        names[name] = inode
    now = {name: read(os.path.join(state, name)) for name in
           os.listdir(state) if name.startswith("reroll.db")}
    inodes = {name: os.stat(os.path.join(state, name)).st_ino for name in now}
    shutil.rmtree(state)
    os.mkdir(state)
    for name, inode in names.items():
        if not name.startswith("reroll.db") or name.endswith("-shm"):
            continue
        synced = read(os.path.join(disk, "inode." + inode))
        if chance and str(inodes.get(name)) == inode:
            synced = some_of(synced, now[name], chance)
        with open(os.path.join(state, name), "wb") as file:
            file.write(synced)
    moved = os.listdir(site.path("box", "cur"))
    for name in moved:
        os.rename(site.path("box", "cur", name),
                  site.path("box", "new", name.split(":")[0]))
    return len(moved)


def lost_at(fault, seed, reference, repo, folder):
    site = Site(folder, repo)
    disk = site.path("disk")
    os.mkdir(disk)
    fill("mixed", site)
    site.env.update(LD_PRELOAD=SHIM, SHIM_DISK=disk)
    crash(site, fault)
    before = marked_in_a_copy(site)
    del site.env["LD_PRELOAD"], site.env["SHIM_DISK"]
    chance = random.Random(f"{fault} {seed}") if seed else None
    acknowledged = lose_power(site, disk, chance)
    after = site.marked()
    if os.path.exists(site.path("state", "reroll.db")):
        site.sound()
    if acknowledged:
        stored = site.rows("SELECT count(*) FROM event")[0][0]
        assert stored >= acknowledged, (
            f"{acknowledged} mails were moved, {stored} are stored")
    assert before <= after, f"marks are lost: {before - after}"
    window = set(site.server.accepted()) - after
    assert len(window) <= 1, f"not marked: {window}"
    site.settle()
    site.sound()
    site.once([window])
    same(site.outcome(), reference.of("mixed"))
    site.server.shutdown()


def cases(points, repo, work):
    del points
    reference = Reference(repo, work)
    return [(f"power lost at {fault}" + ", in some blocks" * seed,
             lambda folder, fault=fault, seed=seed: lost_at(
                 fault, seed, reference, repo, folder))
            for fault in POINTS for seed in (0, 1)]
