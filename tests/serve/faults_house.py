# SPDX-License-Identifier: GPL-2.0-or-later
"""The servers and the daemon of the class, for what goes wrong with them: time
that passes when it is told to, a mail server that misbehaves, a connection to
the mailbox that can go silent, and what was posted and must come of it.

The daemon has the pauses that it has for everybody: its clocks are put ahead by
a library preloaded into it, and something is made to wake it then.
"""
import collections
import os
import re
import socket
import struct
import threading
import time

import class_eyes
import class_mails
import class_parts
import class_replies

SHIM = os.path.join(class_parts.BUILD, "tests", "serve", "shim.so")
REAL_S = 0.1  # that the daemon has for what it does in a step
BUILT_EVERY = 4  # of so many series one; the others only have to apply
STAFF = "staff@example.org"
WAIT = "2h"  # for what is missing: a request that the clock cut is long over
BUILD_SH = """#!/bin/sh
# As a compiler would, and sooner.
if grep -n no_such_factor src/*.c; then
	echo "src/main.c:1:1: error: there is no such factor" >&2
	exit 1
fi
cat src/*.c >"$1"
"""
STATES = {True: "under-review", False: "changes-requested"}


class Relay:
    """Between the daemon and a server: it can forget its connections, as a
    network does that has lost the way and tells nobody."""

    def __init__(self, to):
        self.to = to
        self.age = 0  # connections of an earlier one are dead
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def forget(self):
        self.age += 1

    def accept(self):
        while True:
            try:
                here = self.listener.accept()[0]
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                here.close()
                continue
            for ends in ((here, there), (there, here)):
                threading.Thread(target=self.pump, args=(*ends, self.age),
                                 daemon=True).start()

    def pump(self, source, sink, age):
        try:
            while data := source.recv(65536):
                if age == self.age:
                    sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink) if age == self.age else ():
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.close()


class House(class_parts.House):
    build = BUILD_SH

    def __init__(self, top, people):
        super().__init__(top, people, 10000, WAIT, odd=True)
        self.ahead = 0
        self.put_ahead(0)
        self.env.update(LD_PRELOAD=SHIM, SHIM_AHEAD=self.path("ahead"))

    def start_servers(self):
        super().start_servers()
        self.relay = self.keep(Relay(self.imap_port))
        self.imap_port = self.relay.port

    def make_site(self, people, per_day, wait):
        super().make_site(people, per_day, wait)
        self.amend("reroll.yaml", "policy: {", "control: %s\npolicy: {"
                   "patch-states: {passed: %s, failed: %s}, " % (
                       self.path("control"), STATES[True], STATES[False]))
        self.amend("project.yaml", "build-time: 1m", "build-time: 2h")
        for name in ("roster.yaml", "./check-style"):
            self.amend("project.yaml", name, self.path(name))
        self.amend("reroll.yaml", "/project.yaml", "/projects")
        with open(self.path("project.yaml")) as file:
            text = file.read()
        self.folder("projects")
        self.write("projects/course.yaml", text)
        self.write("projects/quick.yaml", re.sub(
            r"(?m)^builds:\n(?: .*\n)*", "", text.replace(
                "name: Course", "name: Quick").replace("syscall", "quick")))

    def make_repo(self):
        os.makedirs(self.path("code", "src"), exist_ok=True)
        with open(self.path("code", "src", "dos.h"), "wb") as file:
            file.write(b"/* old */\r\nint old(void);\r\n")
        super().make_repo()

    def amend(self, name, old, new):
        with open(self.path(name)) as file:
            text = file.read()
        if old not in text:
            raise RuntimeError("%s has no %s" % (name, old))
        self.write(name, text.replace(old, new), 0o600)

    # --- time

    def put_ahead(self, seconds):
        self.ahead += seconds
        with open(self.path("ahead"), "r+b" if os.path.exists(
                self.path("ahead")) else "wb") as file:
            file.write(struct.pack("=q", self.ahead))

    def passes(self, seconds):
        """Time does, and the daemon finds out."""
        self.put_ahead(seconds)
        link = socket.socket(socket.AF_UNIX)
        link.connect(self.path("control"))
        time.sleep(REAL_S)
        link.close()

    # --- mails

    def taken(self):
        """The numbers of the mails that were accepted."""
        if not os.path.exists(self.path("smtp", "taken")):
            return []
        with open(self.path("smtp", "taken")) as file:
            return [int(line) for line in file]

    def mail(self, number):
        with open(self.path("smtp", "%d.who" % number)) as file:
            back, *who = file.read().split()
        with open(self.path("smtp", str(number)), "rb") as file:
            data = re.sub(rb"^\.\.", b".", file.read(), flags=re.M)
        return ("Return-path: <%s>\nEnvelope-to: %s\n" % (
            back, ", ".join(who))).encode() + data.replace(b"\r\n", b"\n")

    def mails(self):
        return [self.mail(number) for number in self.taken()]

    def whole(self):
        """All that came whole, accepted or not."""
        return [self.mail(number) for number in
                range(1, int(self.smtp.order("whole")) + 1)]

    def put_into_box(self, mail):
        """Delivered while the IMAP server is away."""
        box = self.path("dovecot", "box")
        name = "%d.put" % self.appended
        self.appended += 1
        owner = os.stat(box)
        with open(os.path.join(box, "tmp", name), "wb") as file:
            file.write(mail.encode().replace(b"\n", b"\r\n"))
        os.chown(os.path.join(box, "tmp", name), owner.st_uid, owner.st_gid)
        os.rename(os.path.join(box, "tmp", name),
                  os.path.join(box, "new", name))


Standing = collections.namedtuple(
    "Standing", "edition series version patches revision name before")


class World:
    """What was posted, and what must come of it."""

    def __init__(self, house, group, tally):
        self.house, self.group, self.tally = house, group, tally
        self.servers = {"fdo": house.fdo, "upstream": house.upstream}
        self.made = 0
        self.archive = []
        self.expected = {}  # (Message-ID that is answered, outcome): name, one
        self.standing = []
        self.told = []  # (name of a row, what staff must be told of)

    def revision(self, outcome="accepted", total=2, version=1, like=None,
                 number=None, make=class_mails.Revision):
        """Of somebody else every time; or the next version of `like`."""
        if like:
            who, topic = like.who, like.topic
        else:
            who = class_mails.Submitter(
                self.made % 28 if number is None else number, self.group.rng)
            who.total, who.cover = total, False
            topic = "callf%03d" % self.made
            self.made += 1
        one = make(who, version, outcome, self.group.rng, topic)
        one.is_built = like.is_built if like else self.made % BUILT_EVERY == 1
        if not one.is_built:
            one.title = "quick: add " + topic
        return one

    def post(self, edition, one, series=None, **more):
        """The series' number."""
        mails = [one.mail(i) for i in one.indices()]
        self.note(one)
        return self.servers[edition].order(
            "mails", name=one.title, series=series,
            version=one.version, mails=mails, **more)

    def note(self, one, *indices):
        self.archive += [one.mail(i) for i in indices or one.indices_posted()]

    def expect(self, name, one, edition=None, series=None, version=None):
        """A reply; and of Patchwork, what stands there."""
        one.ways = (edition,)
        key = one.mid(one.target()), one.outcome
        self.expected[key] = name, one, 1 + (
            self.expected[key][2] if key in self.expected else 0)
        if series:
            version = version or (one.version if edition == "fdo" else 1)
            self.standing.append(Standing(
                edition, series, version, self.servers[edition].order(
                    "patches_of", series=series, revision=version), one, name,
                len(self.house.upstream.order("checks"))))

    def asked(self, edition, match):
        return self.servers[edition].order("asked", match=match)

    # --- how far it is

    def answered(self):
        return self.house.ask(
            "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL AND "
            "outcome IS NOT 'digest'")[0][0]

    def posted(self):
        return not self.house.ask(
            "SELECT 1 FROM post WHERE next_at IS NOT NULL LIMIT 1")

    def wanted(self):
        return sum(count for _, _, count in self.expected.values())

    def calm(self):
        """Nothing is going on but waiting."""
        return self.begun() and self.house.ask(
            "SELECT (SELECT count(*) FROM event WHERE handled_at IS NULL) + "
            "(SELECT count(*) FROM run WHERE stage IS NOT NULL AND held IS "
            "NULL)") == [(0,)]

    def begun(self):
        """Of all that must be answered there is a run."""
        return self.house.ask("SELECT count(*) FROM run")[0][0] >= \
            self.wanted()

    def arrived(self, one):
        return self.house.ask("SELECT 1 FROM letter WHERE message_id LIKE ?",
                              "%" + one.mid(one.target()).strip("<>") + "%")

    def over(self):
        return (self.answered() >= self.wanted() and self.house.idle()
                and self.posted())

    # --- what is compared

    def compare(self):
        replies = [class_replies.Reply(m) for m in self.house.mails()]
        self.replies = [r for r in replies if r.to != STAFF]
        self.digests = [r for r in replies if r.to == STAFF]
        found = collections.defaultdict(list)
        for reply in self.replies:
            found[reply.answers, "".join(reply.outcome())].append(reply)
        for key in found.keys() - self.expected.keys():
            self.tally.that(False, "there is a reply of", key[1], "to", key[0])
        for key, (name, one, count) in self.expected.items():
            got = found.get(key, [])
            if self.tally.that(len(got) == count, name, one.topic, "got",
                               len(got), "replies of", key[1]):
                for reply in got:
                    class_replies.compare(self.tally, name, one, reply)
        self.compare_staff()

    def compare_staff(self):
        text = " ".join(" ".join(d.text.split()) for d in self.digests)
        for digest in self.digests:
            self.tally.that(not class_eyes.faults(digest.data, False),
                            "the mail to staff:",
                            *class_eyes.faults(digest.data, False))
        for name, words in self.told:
            self.tally.that(words in text, name, "staff is not told of", words)
        for reply in self.replies:
            self.tally.that("staff" not in reply.text or reply.outcome() ==
                            ["submitter-unclear"], reply.to,
                            "is told that staff has to do something")

    def look(self):
        """By others' eyes, all that came out."""
        mails = [r.data for r in self.replies + self.digests]
        folder = self.house.folder("exim")
        class_parts.certificate(folder)
        port = class_parts.free_port()
        exim = self.house.keep(class_parts.Told("smtp", folder, port,
                                                class_parts.free_port()))
        said = class_eyes.exim_refuses(port, mails)
        self.tally.that(not said, "exim refuses:", said)
        exim.order("settle")
        class_replies.look_at_threads(self.tally, self.house.top,
                                      self.archive, self.replies)

    def results(self, one):
        """Each that was posted: (test, state) to how often."""
        count = collections.Counter()
        if one.edition == "fdo":
            for r in self.house.fdo.order("results"):
                if (r["series"], r["revision"]) == (one.series, one.version):
                    count[r["test_name"], r["state"]] += 1
                    count["posts", r["test_name"]] += r["posts"] - 1
        else:
            for c in self.house.upstream.order("checks")[one.before:]:
                if c["patch"] == one.patches[-1] and c["user"] == "cibot":
                    count[c["context"], c["state"]] += 1
        return count

    def compare_patchwork(self):
        """All that passed say the same there, each of it once. A word on what
        is under way may be missed, and stands there once at most."""
        usual = {}
        for one in self.standing:
            count = self.results(one)
            final = {k: n for k, n in count.items() if k[1] != "pending"
                     and k[0] != "posts"}
            kind = (one.edition, one.revision.outcome, one.revision.is_built)
            usual.setdefault(kind, final)
            self.tally.that(final == usual[kind] and
                            max(final.values(), default=0) == 1 and
                            ("reroll", self.word(one)) in final, one.name,
                            one.edition, one.series, one.version, "has",
                            sorted(count.items()), "and others",
                            sorted(usual[kind].items()))
            self.tally.that(all(n <= 1 for k, n in count.items() if k[0] ==
                                "posts" or k[1] == "pending"), one.name,
                            one.edition, "has twice", count)
            self.compare_states(one)

    @staticmethod
    def word(one):
        if one.revision.outcome == "accepted":
            return "success"
        return "failure" if one.edition == "fdo" else "fail"

    def compare_states(self, one):
        wanted = STATES[one.revision.outcome == "accepted"]
        for patch in one.patches:
            state = self.servers[one.edition].order("state_of", patch=patch)
            said = state.lower().replace(" ", "-")
            self.tally.that(said == wanted, one.name, one.edition, "patch",
                            patch, "is", said, "and not", wanted)
