# SPDX-License-Identifier: GPL-2.0-or-later
"""Mails that came out, beside what must."""
import os

import class_eyes
import class_mails


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, true, *words):
        if true:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL:", *words, flush=True)
        return true


class Reply:
    """A mail that came out."""

    def __init__(self, data):
        self.data = data
        mail = class_eyes.read(data)
        self.id, self.answers = mail["Message-ID"], mail["In-Reply-To"]
        self.references = (mail["References"] or "").split()
        self.to = mail["To"].addresses[0].addr_spec
        self.copies = mail["Cc"]
        self.reached = mail["Envelope-to"]
        self.back = mail["Return-path"]
        self.subject = str(mail["Subject"])
        self.text = mail.get_content()

    def outcome(self):
        """As a person reads it: by what it says."""
        flat = " ".join(self.text.split())
        return [o for o, says in class_mails.SENTENCES.items() if says in flat]


def compare(tally, name, one, reply):
    """The reply to a revision is what it must be, to the right person, in the
    right thread."""
    that, target = tally.that, one.target()
    that(reply.outcome() == [one.outcome], name, "got", reply.outcome())
    that(reply.to == one.who.email and reply.copies is None, name,
         "went to", reply.to, "with copies to", reply.copies)
    that(reply.reached == one.who.email, name, "reached", reply.reached)
    that(reply.back == "<bounces@example.org>", name, "is returned to",
         reply.back)
    known = [one.references(target)]
    if "fdo" in one.ways:  # it does not tell what a mail answers
        known.append([])
    that(reply.references[:-1] in known and
         reply.references[-1:] == [reply.answers], name, "has the references",
         reply.references)
    found = class_eyes.faults(reply.data)
    that(not found, name, *found)
    that(not one.total > 1 or "%d/%d]" % (target, one.total) in reply.subject,
         name, "has the subject", reply.subject)


def look_at_threads(tally, top, archive, replies):
    """By others' eyes: all addresses, and where the replies stand among what
    was posted."""
    wrong = class_eyes.address_faults([r.data for r in replies])
    tally.that(not wrong, "addresses that nobody reads:", wrong)
    box = os.path.join(top, "archive")
    class_eyes.maildir(box, [m.encode() for m in dict.fromkeys(archive)] +
                       [r.data for r in replies])
    below = class_eyes.mutt_threads(box)
    of = class_eyes.archive_threads(top, box)
    for one in replies:
        tally.that(below.get(one.id) == one.answers, "mutt has", one.id,
                   "below", below.get(one.id), "and not", one.answers)
        tally.that(one.id in of and of[one.id] == of.get(one.answers),
                   "public-inbox has", one.id, "in another thread than",
                   one.answers)
