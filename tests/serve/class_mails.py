# SPDX-License-Identifier: GPL-2.0-or-later
"""A class that posts: who, what, and what is to come of it.

All is drawn from one seed. A Revision says what is wrong with it before any
mail of it is written; the mails follow from that, and so does the reply that
it must get. Nothing here asks the program.
"""
import email.header
import random

DOMAIN = "example.org"
LIST = "kernel-course.lists.example.org"
BOT = "bot@" + DOMAIN
NAMES = """Łukasz Żółć|Jürgen Groß|Ana María Núñez|Wei Chen|王 芳|Nguyễn Văn An
Olga Petrova|Иван Смирнов|John Smith|Mary-Jane O'Neil|Søren Ågård|Zoë Brontë
Émile Dupont|François Lefèvre|Priya Sharma|Fatima Zahra|Kwame Mensah|Aiko Sato
Björk Jónsdóttir|Tomáš Dvořák|Elif Yılmaz|Γιώργος Παπάς|Noa Levi|Sean Byrne
Carlos Ruiz|Mia Rossi|Ada Nowak|Ben Carter|Sam Stranger|Una Known"""
NAMES = NAMES.replace("\n", "|").split("|")
STRANGERS = (28, 29)  # nobody has them on the roster
GREEDY = (3, 11)  # they send one series more than a day has
PER_DAY = 3
# What a reply says that no other does; and what it takes to get it.
SENTENCES = {
    "accepted": "Your series has passed every check",
    "signoff-missing": "The sign-off of your series is not right",
    "submitter-unknown": "nobody on the roster of this project fits",
    "submitter-unclear": "It is not quite clear who sent this series",
    "description-invalid": "The test description of your series is missing",
    "content-refused": "contains something that this project does not take",
    "style-wrong": "The style of your series is not what the project asks",
    "apply-failed": "Your series does not apply.",
    "build-failed": "Your series applies, but it does not build.",
    "series-incomplete": "Not all mails of this series have arrived",
    "limit-reached": "You have reached the number of series",
}
BAD = [o for o in SENTENCES if o not in
       ("accepted", "submitter-unknown", "limit-reached")]
# By what ways the mails of one person come.
WAYS = [("imap",), ("stream",), ("list",), ("fdo",), ("upstream",),
        ("imap", "fdo"), ("imap", "upstream"), ("stream", "imap"),
        ("deliver",), ("imap", "fdo", "upstream", "stream")]
PATCHWORKS = ("fdo", "upstream")


def added(path, lines, mode="100644"):
    lines = lines.splitlines()
    return (f"diff --git a/{path} b/{path}\nnew file mode {mode}\n"
            f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n" +
            "".join(f"+{line}\n" for line in lines))


class Submitter:
    def __init__(self, number, rng):
        self.number, self.name = number, NAMES[number]
        self.email = "s%02d@%s" % (number, DOMAIN)
        self.known = number not in STRANGERS
        self.ways = WAYS[number % len(WAYS)]
        self.total = 1 + (number + rng.randrange(2)) % 5
        self.cover = self.total > 1 and rng.random() < 0.6
        self.threaded = rng.random() < 0.3  # each version answers the last
        self.hasty = number % 3 == 1 and number not in GREEDY


class Revision:
    def __init__(self, who, version, outcome, rng, topic=None):
        self.who, self.version, self.outcome = who, version, outcome
        self.topic = topic or "call%02d" % who.number
        self.title = "syscall: add " + self.topic
        self.ways = who.ways
        self.total, self.cover = who.total, who.cover
        self.bad = rng.randrange(self.total) + 1
        self.answered = True  # not if the next comes before it is looked at
        self.before = None  # the root of the version before
        self.series = {}  # of Patchwork: its number

    def mid(self, index):
        return "<%s.v%d.%d@%s>" % (self.topic, self.version, index, DOMAIN)

    def indices(self):
        """The patches that are posted, the first of them is 1."""
        return [i for i in range(1, self.total + 1)
                if self.outcome != "series-incomplete" or i != self.bad]

    def root(self):
        return self.mid(0 if self.cover else self.indices()[0])

    def references(self, index):
        references = [self.before] if self.before else []
        return references + ([self.root()] if self.mid(index) != self.root()
                             else [])

    def target(self):
        """The last patch: its reply answers that."""
        return self.indices()[-1]

    def diff(self, index):
        name = "%s_%d" % (self.topic, index)
        hit = index == self.bad
        line = "\treturn arg * %d;" % self.version
        if hit and self.outcome == "style-wrong":
            line += " "
        if hit and self.outcome == "build-failed":
            line = "\treturn arg * no_such_factor;"
        diff = added("src/%s.c" % name, "int %s(int arg)\n{\n%s\n}"
                     % (name, line))
        if index == self.total and self.topic.startswith("call"):
            steps = "nothing: [" if self.outcome == "description-invalid" \
                else "suite: %s" % self.topic
            diff += added("tests/%s/reroll.yaml" % self.topic, steps +
                          "\nsteps: [\"./run\"]\nexpect: [works]")
        elif index == self.total:
            diff += added("tests/%s/reroll.yaml" % self.topic, "suite: x"
                          "\nsteps: [\"./run\"]\nexpect: [works]")
        if hit and self.outcome == "content-refused":
            diff += added("src/link", "/etc/passwd", "120000") \
                + "\\ No newline at end of file\n"
        if hit and self.outcome == "apply-failed":
            diff += ("diff --git a/src/main.c b/src/main.c\n"
                     "--- a/src/main.c\n+++ b/src/main.c\n@@ -1,2 +1,2 @@\n"
                     " nobody ever wrote this line\n-nor this one\n+but we\n")
        return diff

    def signoff(self, index):
        if index == self.bad and self.outcome == "signoff-missing":
            return ""
        name = self.who.name
        if self.outcome == "submitter-unclear":
            name = name[0] + ". " + name.split()[-1]
        return "\nSigned-off-by: %s <%s>\n" % (name, self.who.email)

    def mail(self, index, listed=False):
        """One mail of it, as a list sends it on or as it was sent."""
        mark = " v%d" % self.version if self.version > 1 else ""
        if self.total > 1:
            mark += " %d/%d" % (index, self.total)
        head = ["From: %s <%s>" % (
            email.header.Header(self.who.name, "utf-8").encode()
            if not self.who.name.isascii() else self.who.name,
            self.who.email),
            "To: " + LIST.replace(".", "@", 1),
            "Subject: [PATCH%s] %s%s" % (
                mark, self.title, ", part %d" % index if index else ""),
            "Message-Id: " + self.mid(index),
            "Date: Mon, 12 Jan 2026 21:%02d:%02d +0000"
            % (self.version, index)]
        references = self.references(index)
        if references:
            head += ["In-Reply-To: " + references[-1],
                     "References: " + " ".join(references)]
        head += ["MIME-Version: 1.0",
                 "Content-Type: text/plain; charset=utf-8",
                 "Content-Transfer-Encoding: 8bit"]
        if listed:
            head += ["List-Id: <%s>" % LIST, "Precedence: list"]
        body = "It is one of the calls of the course.\n"
        if index:
            body += self.signoff(index) + "---\n\n" + self.diff(index) + \
                "-- \n2.39.5\n"
        return "\n".join(head) + "\n\n" + body

    def indices_posted(self):
        return ([0] if self.cover else []) + self.indices()


class Class:
    """30 people with three versions each, and what else is on a list."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.people = [Submitter(i, rng) for i in range(len(NAMES))]
        self.revisions = {}
        wanted = [o for o in BAD for _ in range(5)]
        rng.shuffle(wanted)
        for who in self.people:
            for version in (1, 2, 3):
                self.draw(who, version, wanted)
        self.extra = [Revision(self.people[i], 1, "limit-reached", rng,
                               "more%02d" % i) for i in GREEDY]

    def draw(self, who, version, wanted):
        outcome = "accepted"
        if not who.known:
            outcome = "submitter-unknown"
        elif who.number not in GREEDY and wanted and self.rng.random() < 0.6:
            outcome = wanted.pop()
        if outcome == "series-incomplete" and \
                (who.total < 2 or set(who.ways) & set(PATCHWORKS)):
            wanted.insert(0, outcome)  # Patchwork does not tell of these
            outcome = "accepted"
        revision = Revision(who, version, outcome, self.rng)
        if who.threaded and version > 1:
            revision.before = self.revisions[who.number, version - 1].root()
        if who.hasty and version == 2:
            revision.answered = False
        self.revisions[who.number, version] = revision

    def wave(self, number):
        """Who posts what: v1; v2 and of some v3 at once; the rest; what is
        too much."""
        some = self.revisions.values()
        if number == 1:
            return [r for r in some if r.version == 1]
        if number == 2:
            return [r for r in some if r.version == 2 or
                    (r.version == 3 and r.who.hasty)]
        if number == 3:
            return [r for r in some if r.version == 3 and not r.who.hasty]
        return self.extra

    def chatter(self, number):
        """What is no patch, or must not be answered whatever it is."""
        rng, mails = self.rng, []
        some = [r for r in self.wave(number)]
        for i, about in enumerate(rng.choices(some, k=12)):
            who = rng.choice(self.people)
            kind = ("reply", "away", "bounce", "robot")[i % 4]
            mails.append(getattr(self, kind)(
                about, who, "<%s.%d.%d@%s>" % (kind, number, i, DOMAIN)))
        return mails

    @staticmethod
    def reply(about, who, mid):
        quoted = "".join("> %s\n" % line for line in
                         about.diff(about.target()).splitlines())
        return ("From: %s\nSubject: Re: [PATCH] syscall: add %s\n"
                "Message-Id: %s\nIn-Reply-To: %s\n\nLooks odd.\n\n%s" % (
                    who.email, about.topic, mid, about.mid(about.target()),
                    quoted))

    @staticmethod
    def away(about, who, mid):
        return ("From: %s\nSubject: Re: [PATCH] syscall: add %s\n"
                "Message-Id: %s\nIn-Reply-To: %s\n"
                "Auto-Submitted: auto-replied\n\nI am away.\n" % (
                    who.email, about.topic, mid, about.mid(about.target())))

    @staticmethod
    def bounce(about, who, mid):
        return ("Return-Path: <>\nFrom: MAILER-DAEMON@%s\nTo: %s\n"
                "Subject: Undelivered Mail Returned to Sender\n"
                "Message-Id: %s\nMIME-Version: 1.0\nContent-Type: "
                "multipart/report; report-type=delivery-status;\n"
                " boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n"
                "It was not delivered.\n\n--b\n"
                "Content-Type: message/delivery-status\n\n"
                "Reporting-MTA: dns; mx.example.org\n\n"
                "Final-Recipient: rfc822; %s\nAction: failed\n"
                "Status: 5.1.1\n\n--b\nContent-Type: message/rfc822\n\n%s"
                "\n--b--\n" % (DOMAIN, BOT, mid, who.email,
                               about.mail(about.target())))

    def robot(self, about, who, mid):
        """A patch, even a broken one; but a program has sent it."""
        other = Revision(who, 1, "style-wrong", self.rng,
                         "robot%s" % mid[1:-1].split("@")[0].replace(".", ""))
        return "Auto-Submitted: auto-generated\n" + other.mail(other.total)
