# SPDX-License-Identifier: GPL-2.0-or-later
"""What may go wrong with the mailbox, Redis and the mail server, one by one and
all at once in the middle of a wave. Rows as in faults_patchwork."""
import collections

import class_replies
import faults_house

# What is said, to which step, how often.
ANSWERS = [
    ("END", "hang", 1), ("CONNECT", "hang", 1), ("END", "close", 1),
    ("CONNECT", "close", 2), ("CONNECT", "421 4.3.2 busy", 2),
    ("MAIL", "452 4.3.1 full", 2), ("RCPT", "450 4.2.1 later", 1),
    ("DATA", "451 4.3.0 not now", 1), ("END", "451 4.3.0 not now", 2),
    ("DATA", "close", 1), ("CONNECT", "554 5.3.2 not you", 1),
]
NOBODY = 29  # no address of this one is known to the mail server


def posted(w, way, name, outcome="accepted", **more):
    one = w.revision(outcome, **more)
    w.note(one)
    w.expect(name, one)
    for i in one.indices():
        w.house.send(way, one.mail(i))
    return one


def imap_dies_in_idle(w):
    one = posted(w, "imap", "before imap dies")
    yield lambda: w.arrived(one)
    yield 5
    w.house.imap.order("vanish")
    two = w.revision()
    w.note(two)
    w.expect("meanwhile", two)
    for i in two.indices():
        w.house.put_into_box(two.mail(i))
    yield 100
    w.house.imap.order("appear")
    yield lambda: w.arrived(two)
    three = posted(w, "imap", "after imap died")
    yield lambda: w.arrived(three)
    yield 5
    w.house.relay.forget()
    four = posted(w, "imap", "the connection to imap is dead")
    yield lambda: w.arrived(four)


def redis_forgets(w):
    redis = w.house.redis
    before = [posted(w, way, way) for way in ("stream", "list")]
    yield lambda: all(map(w.arrived, before))
    yield 5
    redis.call("XGROUP", "DESTROY", "mails", "reroll")
    before.append(posted(w, "stream", "the group is gone"))
    yield lambda: w.arrived(before[-1])
    redis.call("FLUSHALL")
    after = [posted(w, way, "all is gone") for way in ("stream", "list")]
    yield lambda: all(map(w.arrived, after))
    yield 5
    redis.vanish()
    yield 100
    redis.appear()
    for one in before + after:  # who put them there does not know either
        for way in ("stream", "list"):
            for i in one.indices():
                w.house.send(way, one.mail(i))
    last = [posted(w, way, "redis is back") for way in ("stream", "list")]
    yield lambda: all(map(w.arrived, last))


def smtp_misbehaves(w):
    smtp = w.house.smtp
    for step, words, times in ANSWERS:
        seen = int(smtp.order("at " + step))
        smtp.order("%d %s %s" % (times, step, words))
        posted(w, "deliver", "%s at %s" % (words, step), total=1)
        yield lambda end=seen + times, step=step: \
            int(smtp.order("at " + step)) >= end
    w.told.append(("smtp", "smtp"))
    smtp.order("gone")
    posted(w, "deliver", "smtp is gone", total=1)
    yield 200
    smtp.order("back")


def nobody_there(w):
    """Refused for good: staff learns of it, and nobody else."""
    one = w.revision("submitter-unknown", number=NOBODY, total=1)
    w.house.smtp.order("0 RCPT:%s 550 5.1.1 nobody" % one.who.email)
    w.house.send("deliver", one.mail(1))
    w.told.append(("nobody there", "mail to " + one.who.email))
    yield lambda: w.house.ask("SELECT 1 FROM outbox WHERE failed_at "
                              "IS NOT NULL")


WAYS = ("imap", "stream", "list", "fdo", "upstream", "deliver")
OUTCOMES = ("accepted", "style-wrong", "apply-failed", "signoff-missing")


def send(w, way, one, again=False):
    if way in w.servers:
        w.expect("wave by " + way, one, way, w.post(way, one))
        return
    if not again:
        w.note(one)
        w.expect("wave by " + way, one)
    for i in one.indices():
        w.house.send(way, one.mail(i))


def all_at_once(w):
    house = w.house
    some = [(way, w.revision(outcome)) for outcome in OUTCOMES
            for way in WAYS]
    first = [one for _, one in some[:12]]
    for way, one in some[:12]:
        send(w, way, one)
    house.smtp.order("1 END hang")
    yield lambda: w.arrived(some[5][1])
    house.imap.order("vanish")
    house.redis.vanish()
    w.servers["fdo"].order("vanish")
    w.servers["upstream"].order("fault", match=".", how="500", times=10)
    house.smtp.order("gone")
    house.daemon.kill()
    house.daemon.wait()
    house.start()
    for way, one in some[12:]:
        if way in ("fdo", "upstream", "deliver"):
            send(w, way, one)
    yield 100
    house.smtp.order("back")
    house.redis.appear()
    house.imap.order("appear")
    for way, one in some:
        if way in ("stream", "list"):
            send(w, way, one, again=one in first)
    for way, one in some[12:]:
        if way == "imap":
            send(w, way, one)
    yield 60
    w.servers["fdo"].order("appear")


ROWS = [imap_dies_in_idle, redis_forgets, smtp_misbehaves, nobody_there]
WAVE = [all_at_once]


def compare(w):
    """A mail whose acceptance was seen never comes again; one of which nobody
    knows comes again as it was."""
    accepted = collections.Counter()
    copies = collections.defaultdict(set)
    taken = set(w.house.taken())
    for number, data in enumerate(w.house.whole(), 1):
        mail = class_replies.Reply(data)
        copies[mail.id].add(data)
        accepted[mail.id] += number in taken
    for mid, some in copies.items():
        w.tally.that(len(some) == 1, mid, "came as", len(some), "mails")
        w.tally.that(accepted[mid] <= 1, mid, "was sent again", accepted[mid])
    for reply in w.replies:
        w.tally.that(faults_house.STAFF not in reply.reached, reply.id,
                     "went to staff too")
