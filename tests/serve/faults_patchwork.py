# SPDX-License-Identifier: GPL-2.0-or-later
"""What may go wrong with a Patchwork, of both editions. A row is a function of
the world and an edition; what it yields is waited for: seconds, or a question
that is answered with yes at some time."""
import class_mails

READ = ("500", "html", "half", "cut", "close", "429", "301", "garbage")
WRITE = ("500", "html", "half", "cut", "close", "429", "301", "lost",
         "done-500")
OF = {"fdo": {"events": "GET .*/events/",
              "series": "GET .*/series/%d/revisions/1/$",
              "mbox": "GET .*/series/%d/.*mbox/",
              "results": "%s .*/series/{}/.*/test-results/"},
      "upstream": {"events": "GET .*/events/",
                   "series": "GET .*/series/%d/$",
                   "mbox": "GET /series/%d/mbox/",
                   "results": "%s .*/patches/{}/checks/"}}


class Odd(class_mails.Revision):
    """It changes a file with DOS lines, and says what looks like the beginning
    of the next mail."""

    def diff(self, index):
        return super().diff(index) if index != 1 else (
            "diff --git a/src/dos.h b/src/dos.h\n--- a/src/dos.h\n"
            "+++ b/src/dos.h\n@@ -1,2 +1,3 @@\n /* old */\r\n int old(void);"
            "\r\n+int new_%s(void);\r\n" % self.topic) + super().diff(index)

    def signoff(self, index):
        return "\nFrom here on all is new.\n" + super().signoff(index)


class Part(class_mails.Revision):
    """Only its last patch is posted, in reply to that of the version before."""

    def indices(self):
        return [self.total]

    def root(self):
        return self.mid(self.total)


def nothing(w, edition, outcome="accepted"):
    one = w.revision(outcome)
    w.expect("nothing", one, edition, w.post(edition, one))
    yield 0


def refused(w, edition):
    yield from nothing(w, edition, "style-wrong")


def reading(what):
    """Each kind of answer that is none, one after the other."""
    def row(w, edition):
        one = w.revision()
        number = w.post(edition, one)
        match = OF[edition][what]
        match = match % number if "%" in match else match
        for how in READ + (("empty",) if what != "events" else ()):
            w.servers[edition].order("fault", match=match, how=how)
        w.expect("reading " + what, one, edition, number)
        yield 0
    return row


def writing(method, hows):
    def row(w, edition):
        one = w.revision()
        number = w.post(edition, one)
        w.expect("%s %s" % (method, hows), one, edition, number)
        about = number if edition == "fdo" else w.standing[-1].patches[-1]
        match = (OF[edition]["results"] % method).format(about)
        for how in hows:
            w.servers[edition].order("fault", match=match, how=how)
        yield 0
    return row


def setting_states(hows):
    def row(w, edition):
        one = w.revision()
        number = w.post(edition, one)
        w.expect("states %s" % (hows,), one, edition, number)
        match = "POST /xmlrpc/" if edition == "fdo" else \
            "PATCH .*/patches/%d/" % w.standing[-1].patches[0]
        for how in hows:
            w.servers[edition].order("fault", match=match, how=how)
        yield 0
    return row


def text_comes_late(w, edition):
    one = w.revision()
    number = w.post(edition, one, late=True)
    w.expect("text comes late", one, edition, number)
    seen = w.asked(edition, OF[edition]["events"])
    yield lambda: w.asked(edition, OF[edition]["events"]) > seen + 1
    yield 4
    w.servers[edition].order("text", series=number)


def hidden(count):
    def row(w, edition):
        one = w.revision()
        number = w.post(edition, one, hidden=count)
        w.expect("%d come after the event" % count, one, edition, number)
        what = "series" if edition == "upstream" else "mbox"
        yield lambda: w.asked(edition, OF[edition][what] % number) > 1
        w.servers[edition].order("whole", series=number)
    return row


def temporary_series(w, edition):
    one = w.revision()
    number = w.post(edition, one)
    w.expect("temporary series, v1", one, edition, number)
    yield w.over
    two = w.revision(version=2, like=one)
    gone = w.post(edition, two)
    seen = w.asked(edition, OF[edition]["events"])
    yield lambda: w.asked(edition, OF[edition]["events"]) > seen + 1
    w.servers[edition].order("remove", series=gone)
    yield 3
    w.post(edition, two, series=number)
    w.expect("temporary series, v2", two, edition, number)


def one_patch_anew(w, edition):
    one = w.revision()
    number = w.post(edition, one)
    w.expect("one patch anew, v1", one, edition, number)
    yield w.over
    two = w.revision(version=2, like=one, make=Part)
    two.before = one.mid(1)
    w.note(two)
    w.servers[edition].order("exchange", series=number, index=2,
                             mail=two.mail(2))
    w.expect("one patch anew, v2", two, edition, number)


def told_again_and_again(w, edition):
    one = w.revision()
    number = w.post(edition, one)
    w.expect("told again and again", one, edition, number)
    for age in (0, 100, 0, 7000):
        w.servers[edition].order("again", series=number, age=age)
    yield w.over
    for age in (0, 7100):
        w.servers[edition].order("again", series=number, age=age)
    yield 30


def late_commit(w, edition):
    """An event that becomes visible behind others that are newer."""
    one, two = w.revision(), w.revision()
    first = w.post(edition, one, event="held")
    second = w.post(edition, two)
    w.expect("late commit, the other", two, edition, second)
    yield w.over
    yield 30
    w.servers[edition].order("show", series=first)
    w.expect("late commit", one, edition, first)


def late_event(w, edition):
    one = w.revision()
    number = w.post(edition, one, event=False)
    yield 60
    w.servers[edition].order("again", series=number)
    w.expect("late event", one, edition, number)


def same_second(w, edition):
    order = w.servers[edition].order
    order("whole_seconds", on=True)
    for _ in range(3):
        one = w.revision(total=1)
        w.expect("same second", one, edition, w.post(edition, one))
    yield 5
    order("whole_seconds", on=False)


def clock_back(w, edition):
    one, two = w.revision(), w.revision()
    w.expect("before the clock goes back", one, edition, w.post(edition, one))
    w.servers[edition].order("skew", seconds=-3600)
    w.expect("the clock goes back", two, edition, w.post(edition, two))
    w.servers[edition].order("skew", seconds=0)
    yield 0


def turning_pages(w, edition):
    order = w.servers[edition].order
    some = [w.revision(total=1) for _ in range(3)]
    for one in some:
        w.note(one)
    order("page_most", rows=3)
    left = w.servers[edition].order("next_number")
    order("between", some=[dict(name=one.title, version=1,
                                mails=[one.mail(1)]) for one in some])
    yield lambda: order("between_left") == 0
    for i, one in enumerate(some):
        number = order("series_of", msgid=one.mid(1))
        assert number >= left, i
        w.expect("turning pages", one, edition, number)
    yield w.over
    order("page_most", rows=1000)


def gone_and_back(w, edition):
    one = w.revision()
    w.servers[edition].order("vanish")
    w.expect("gone and back", one, edition, w.post(edition, one))
    yield 40
    w.servers[edition].order("appear")


def base64(w, edition):
    one = w.revision(number=0)  # its name is not ASCII
    w.servers[edition].order("python3", on=True)
    number = w.post(edition, one)
    w.expect("in base64", one, edition, number)
    yield lambda: w.asked(edition, OF[edition]["mbox"] % number) > 0
    w.servers[edition].order("python3", on=False)


def odd_lines(w, edition):
    one = w.revision(make=Odd)
    w.expect("DOS lines and From", one, edition, w.post(edition, one))
    yield 0


def pull_request(w, edition):
    one = w.revision(total=1)
    mail = one.mail(1).partition("\n---\n")[0].replace(
        "[PATCH]", "[GIT PULL]") + "\nThe following changes are in git.\n"
    w.servers[edition].order("pull", mail=mail, url="git://example.org/x")
    yield 0


def check_of_another(w, edition):
    """Who posted the patch says that it passed, in our words and before us."""
    one = w.revision()
    number = w.post(edition, one)
    w.expect("check of another", one, edition, number)
    for context in ("reroll-style", "reroll-apply"):
        w.servers[edition].order(
            "check_by", user="student", patch=w.standing[-1].patches[-1],
            context=context, state="success", description=None)
    yield 0


def again_by_hand(w, edition):
    """Somebody lets Patchwork make a new revision of the same patches."""
    one = w.revision()
    number = w.post(edition, one)
    w.expect("again by hand", one, edition, number)
    yield w.over
    w.servers[edition].order("newrevision", series=number)
    w.expect("again by hand", one, edition, number, version=2)
    yield 60


# --- what takes hours

def never_told(w, edition):
    one = w.revision()
    w.expect("never told of", one, edition, w.post(edition, one, event=False))
    yield 0


def in_no_revision(w, edition):
    """A new version in reply to the old one, which the server fails at."""
    one = w.revision()
    number = w.post(edition, one)
    w.expect("in no revision, v1", one, edition, number)
    yield w.over
    two = w.revision(version=2, like=one)
    two.before = one.root()
    w.note(two)
    for i in two.indices():
        w.servers[edition].order("orphan", mail=two.mail(i))
    w.expect("in no revision, v2", two, edition)


def never_whole(w, edition):
    one = w.revision("series-incomplete")
    one.bad = 1
    number = w.post(edition, one, total=2)
    w.expect("never whole", one, edition, number)
    yield 0


def rest_comes_late(w, edition):
    one = w.revision("series-incomplete")
    one.bad, one.before = 1, one.mid(1)
    number = w.post(edition, one, total=2)
    w.expect("rest comes late", one, edition)
    yield w.over
    whole = w.revision(like=one)
    w.note(whole, 1)
    mail = whole.mail(1)
    w.servers[edition].order("come", series=number, index=1, mail=mail)
    w.expect("rest comes late", whole, edition, number)


def never_there(w, edition):
    """Told of, and its patches never come: only staff is told."""
    one = w.revision()
    w.post(edition, one, hidden=2)
    w.told.append(("never there " + edition, "never had all of its patches"))
    yield 90000


BOTH = ("fdo", "upstream")
FDO, UPSTREAM = ("fdo",), ("upstream",)
ROWS = [
    (BOTH, nothing), (BOTH, refused),
    (BOTH, reading("events")), (BOTH, reading("series")),
    (BOTH, reading("mbox")),
    (BOTH, writing("GET", READ[:4])), (BOTH, writing("GET", READ[4:])),
    (BOTH, writing("POST", WRITE[:3])), (BOTH, writing("POST", WRITE[3:6])),
    (BOTH, writing("POST", WRITE[6:])),
    (BOTH, setting_states(WRITE[:4])), (BOTH, setting_states(WRITE[4:8])),
    (BOTH, setting_states(WRITE[8:])),
    (FDO, text_comes_late), (BOTH, hidden(1)), (UPSTREAM, hidden(2)),
    (FDO, temporary_series), (FDO, one_patch_anew), (FDO, again_by_hand),
    (BOTH, told_again_and_again), (BOTH, late_commit), (BOTH, late_event),
    (BOTH, same_second), (BOTH, clock_back), (BOTH, turning_pages),
    (BOTH, gone_and_back), (FDO, base64), (BOTH, odd_lines),
    (BOTH, pull_request), (UPSTREAM, check_of_another),
]
HOURS = [(BOTH, never_told), (FDO, in_no_revision), (BOTH, never_whole),
         (BOTH, rest_comes_late)]
DAYS = [(BOTH, never_there)]
