# SPDX-License-Identifier: GPL-2.0-or-later
"""What a Patchwork knows, and the orders that change it."""
import base64
import collections
import datetime
import re
import socket
import threading

Request = collections.namedtuple(
    "Request", "method path query headers body")

USERS = {"cibot": "cibot-password", "student": "student-password"}
TOKENS = {"0123456789abcdef0123456789abcdef01234567": "cibot",
          "fedcba9876543210fedcba9876543210fedcba98": "student"}
PROJECT = "linux-course"
STATES = ["New", "Under Review", "Accepted", "Rejected", "RFC",
          "Not Applicable", "Changes Requested", "Awaiting Upstream",
          "Superseded", "Deferred"]


def slug(state):
    return state.lower().replace(" ", "-")


def stamp(time):
    return time.isoformat()  # without .ffffff when that is zero


class State:
    def __init__(self, edition):
        self.fdo = edition == "fdo"
        self.clock = datetime.timedelta()
        self.whole_seconds = False
        self.last = datetime.datetime(2000, 1, 1)
        self.series = {}
        self.patches = {}
        self.events = []  # dicts: id, kind, time, series, patch, more
        self.results = {}  # (series, revision, test): dict
        self.checks = []
        self.faults = []
        self.requests = []
        self.shifts = 0
        self.filler = ""
        self.has_xmlrpc = True  # of fdo: its admin may leave it off
        self.between = []  # of arguments of do_mails: what comes meanwhile
        self.page_most = 1000  # rows of a page, whatever is asked for
        self.host = None  # that its URLs name; None: the one it was asked by
        self.python3 = False  # of fdo: it runs on that
        self.next_event = self.next_series = self.next_patch = 1

    # --- time

    def now(self):
        time = datetime.datetime.utcnow() + self.clock
        if self.whole_seconds:
            return time.replace(microsecond=0)
        if time <= self.last and self.last - time < datetime.timedelta(0, 1):
            time = self.last + datetime.timedelta(microseconds=1)
        self.last = time
        return time

    # --- what the servers ask

    def next_fault(self, request):
        for fault in self.faults:
            if fault["times"] > 0 and re.search(fault["match"], request):
                fault["times"] -= 1
                return fault["how"]
        return None

    def note(self, method, path, body):
        self.requests.append([method, path, body])

    def listed(self):
        """A list was served: new things come while somebody turns pages."""
        if self.between:
            self.do_mails(**self.between.pop(0))
        if self.shifts:
            self.shifts -= 1
            self.do_series(name="shift-%d" % self.shifts)

    def user(self, headers, tokens):
        """The user; None: nobody; False: a login that is wrong."""
        kind, _, said = (headers.get("Authorization") or "").partition(" ")
        if kind == "Token" and tokens:
            return TOKENS.get(said, False)
        if kind != "Basic":
            return None
        name, _, password = base64.b64decode(said).decode().partition(":")
        return name if USERS.get(name) == password else False

    # --- making things

    def make_event(self, kind, age=0, **more):
        event = dict(id=self.next_event, kind=kind, more=more,
                     time=self.now() - datetime.timedelta(seconds=age))
        self.next_event += 1
        self.events.append(event)
        return event

    def make_patch(self, series, name, index, total, file="a", raw=None):
        number = self.next_patch
        self.next_patch += 1
        diff = ("diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n"
                "@@ -1 +1,2 @@\n a\n+%d\n" % (file, file, file, file, number))
        mark = "" if total == 1 else "%d/%d" % (index, total)
        self.patches[number] = dict(
            id=number, series=series, name=name, state="New", diff=diff,
            mark=mark, msgid="<%d@student.example.org>" % number, pull=None,
            date="2026-11-21T10:00:00", updated=self.now(), raw=None,
            late=False)
        if raw:
            self.patches[number].update(
                raw=raw, diff=raw.partition("\n---\n")[2],
                msgid=re.search("^Message-Id: (.*)", raw, re.M).group(1))
        if not self.fdo:
            self.make_event("patch-created", patch=number, series=series)
        return number

    def mbox(self, patches):
        return "\n".join(self.mail(self.patches[p]) for p in patches)

    def served(self, patch):
        """A mail as it was posted, and as this edition changes it."""
        head, _, body = patch["raw"].partition("\n\n")
        if patch["late"]:
            body = "---" + body.partition("\n---")[2]
        head = ("From patchwork Sat Nov 21 10:00:00 2026\n"
                "X-Patchwork-Id: %d\n" % patch["id"] + head)
        if not self.fdo:
            return (head + "\nX-Patchwork-Submitter: Somebody "
                    "<somebody@example.org>\nMIME-Version: 1.0\n\n" +
                    body.replace("\r\n", "\n"))
        head = re.sub("^(Subject: )\\[PATCH ?(.*?)\\]",
                      lambda m: m[1] + ("[%s]" % m[2].replace(" ", ",")
                                        if m[2] else ""), head, 1, re.M)
        head = re.sub("^(In-Reply-To|References): .*\n", "", head, 0, re.M)
        if self.python3 and not body.isascii():
            head = head.replace("Encoding: 8bit", "Encoding: base64")
            return head + "\n\n" + base64.encodebytes(body.encode()).decode()
        return head + "\n\n" + (body if self.python3 else re.sub(
            "^From ", ">From ", body, 0, re.M))

    def mail(self, patch):
        if patch["raw"]:
            return self.served(patch)
        mark = patch["mark"] if self.fdo else ("PATCH " + patch["mark"]).strip()
        more = "" if self.fdo else "List-Id: <linux-course.lists.example.org>\n"
        return ("From patchwork Sat Nov 21 10:00:00 2026\n"
                "Content-Type: text/plain; charset=\"utf-8\"\n"
                "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n"
                "Subject: %s%s\n"
                "From: Łukasz Żółć <lukasz.zolc@student.example.org>\n"
                "X-Patchwork-Id: %d\nMessage-Id: %s\n%s"
                "Date: Sat, 21 Nov 2026 10:00:00 -0000\n\nzażółć\n\n"
                "Signed-off-by: Łukasz Żółć <lukasz.zolc@student.example.org>\n"
                "---\n a | 1 +\n\n%s%s" % (
                    "[%s] " % mark if mark else "", patch["name"], patch["id"],
                    patch["msgid"], more, self.filler, patch["diff"]))

    # --- orders: mails that come

    def do_mails(self, mails, name, series=None, version=1, total=0,
                 hidden=0, age=0, event=True, late=False):
        """A version that was posted as these mails; of a series that is known,
        or of a new one: upstream has no other. `total`: more were announced
        than came. `hidden`: so many are not in it yet. `event`: false: there is
        none; "held": it is not seen before the order show. `late`: the text of
        the last is not there before the order text."""
        number = series
        if number is None:
            number = self.next_series
            self.next_series += 1
            self.series[number] = dict(
                id=number, submitted="2026-11-21T10:00:00", version=1,
                revisions={})
        one = self.series[number]
        one.update(name=name, total=total or len(mails), hidden=hidden,
                   updated=self.now())
        if not self.fdo:
            self.make_event("series-created", series=number)
            one["version"] = version
        patches = one["revisions"][version if self.fdo else 1] = [
            self.make_patch(number, name or "part", i + 1, one["total"],
                            raw=raw) for i, raw in enumerate(mails)]
        self.patches[patches[-1]]["late"] = late
        if event and len(mails) >= one["total"]:
            self.complete(number, version, age)["held"] = event == "held"
        return number

    def do_come(self, series, index, mail):
        """The one that was missing of it."""
        one = self.series[series]
        one["revisions"][1].insert(index - 1, self.make_patch(
            series, one["name"] or "part", index, one["total"], raw=mail))
        self.complete(series, one["version"] if self.fdo else 1)

    def do_exchange(self, series, index, mail):
        """fdo: one patch of a series was posted anew: a revision has it in
        the place of the old one."""
        one = self.series[series]
        before = max(one["revisions"])
        patches = one["revisions"][before + 1] = list(
            one["revisions"][before])
        patches[index - 1] = self.make_patch(series, one["name"], index,
                                             one["total"], raw=mail)
        self.complete(series, before + 1)
        return before + 1

    def do_newrevision(self, series):
        """fdo: somebody asks for it to be looked at again."""
        one = self.series[series]
        before = max(one["revisions"])
        one["revisions"][before + 1] = list(one["revisions"][before])
        self.complete(series, before + 1)
        return before + 1

    def do_pull(self, mail, url):
        """A pull request: a patch without a diff."""
        if self.fdo:
            number = self.make_patch(None, "pull", 1, 1, raw=mail)
            self.make_event("pull-request-new", series=None, patch=number,
                            pull=url)
        else:
            number = self.series[self.do_mails([mail], "pull")][
                "revisions"][1][0]
        self.patches[number].update(diff=None, pull=url)
        return number

    def do_text(self, series):
        for revision in self.series[series]["revisions"].values():
            for patch in revision:
                self.patches[patch]["late"] = False

    def do_show(self, series):
        for event in self.events:
            if event["more"].get("series") == series:
                event["held"] = False

    def shown(self):
        return [e for e in self.events if not e.get("held")]

    def do_series(self, name="a", patches=1, missing=0, event=True, age=0,
                  hidden=0):
        """A new series; `missing` of its mails do not come; `hidden` patches
        are not in it yet though the event says that all are."""
        number = self.next_series
        self.next_series += 1
        self.series[number] = dict(
            id=number, name=name, total=patches, revisions={1: []}, version=1,
            submitted="2026-11-21T10:00:00", updated=self.now(), hidden=hidden)
        if not self.fdo:
            self.make_event("series-created", series=number)
        self.fill(number, 1, name, patches - missing, patches)
        if not missing and event:
            self.complete(number, 1, age)
        return number

    def fill(self, series, revision, name, count, total):
        known = self.series[series]["revisions"].setdefault(revision, [])
        first = len(known)
        for i in range(first, count):
            known.append(self.make_patch(series, name, i + 1, total))

    def complete(self, series, revision, age=0):
        if self.fdo:
            self.series[series]["version"] = revision
        self.series[series]["updated"] = self.now()
        return self.make_event("series-new-revision" if self.fdo else
                               "series-completed", age=age, series=series,
                               revision=revision)

    def do_rest(self, series, event=True):
        """The mails that were missing."""
        one = self.series[series]
        self.fill(series, 1, one["name"], one["total"], one["total"])
        one["updated"] = self.now()
        if event:
            self.complete(series, 1)

    def do_whole(self, series):
        self.series[series]["hidden"] = 0

    def do_revision(self, series, name="a", patches=1, event=True):
        """fdo: a new version joins the series that it is one of."""
        revision = max(self.series[series]["revisions"]) + 1
        self.fill(series, revision, name, patches, patches)
        self.series[series].update(version=revision, updated=self.now())
        if event:
            self.complete(series, revision)
        return revision

    def do_extra(self, series, mail=None):
        """One patch more than there are, after it was complete."""
        one = self.series[series]
        known = one["revisions"][one["version"] if self.fdo else 1]
        known.append(self.make_patch(series, "extra", len(known) + 1,
                                     one["total"], raw=mail))
        one["updated"] = self.now()
        if not self.fdo:
            self.complete(series, 1)

    def do_orphan(self, name="orphan", mail=None):
        """A patch that the server failed to put into a revision."""
        return self.make_patch(None, name, 1, 1, raw=mail)

    def do_remove(self, series):
        """fdo: the temporary series of a new version goes again."""
        for revision in self.series.pop(series)["revisions"].values():
            for patch in revision:
                self.patches[patch]["series"] = None
                self.patches.pop(patch)
        self.events = [e for e in self.events
                       if e["more"].get("series") != series]

    def do_again(self, series, age=0):
        """The same event once more, under another id and date."""
        one = self.series[series]
        self.complete(series, one["version"] if self.fdo else 1, age)

    def do_check_by(self, user, patch, context, state, description):
        """A check of somebody else, such as who posted the patch."""
        check = dict(id=len(self.checks) + 1, patch=patch, state=state,
                     context=context, target_url=None, user=user,
                     description=description, date=stamp(self.now()))
        self.checks.append(check)
        self.make_event("check-created", patch=patch, check=check, user=user)

    def do_state(self, patch, state, user="cibot"):
        one = self.patches[patch]
        before, one["state"] = one["state"], state
        one["updated"] = self.now()
        self.make_event("patch-state-change" if self.fdo else
                        "patch-state-changed", patch=patch,
                        series=one["series"], before=before, after=state,
                        user=user)

    # --- orders: how the server is

    def do_fault(self, match, how, times=1):
        self.faults.append(dict(match=match, how=how, times=times))

    def do_faults(self):
        return sum(f["times"] for f in self.faults)

    def do_mend(self):
        self.faults = []

    def do_skew(self, seconds):
        self.clock = datetime.timedelta(seconds=seconds)

    def do_whole_seconds(self, on=True):
        self.whole_seconds = on

    def do_shift(self, times):
        self.shifts = times

    def do_large(self, bytes):
        """Every mail has that many bytes more from now on."""
        self.filler = "0123456789abcde\n" * (bytes // 16)

    def do_xmlrpc(self, on):
        self.has_xmlrpc = on

    def do_between(self, some):
        self.between = some

    def do_between_left(self):
        return len(self.between)

    def do_next_number(self):
        return self.next_series

    def do_series_of(self, msgid):
        return next(p["series"] for p in self.patches.values()
                    if p["msgid"] == msgid)

    def do_page_most(self, rows):
        """As its admin may set it."""
        self.page_most = rows

    def do_host(self, name):
        """As behind a proxy that does not tell what it was asked for."""
        self.host = name

    def do_python3(self, on):
        self.python3 = on

    def do_asked(self, match):
        """How often there was such a request."""
        return sum(bool(re.search(match, method + " " + path))
                   for method, path, _ in self.requests)

    def do_patches_of(self, series, revision=1):
        return self.series[series]["revisions"][revision]

    def do_requests(self):
        return self.requests

    def do_results(self):
        return [dict(series=s, revision=r, **v)
                for (s, r, _), v in self.results.items()]

    def do_checks(self):
        return self.checks

    def do_state_of(self, patch):
        return self.patches[patch]["state"]

    def do_vanish(self):
        server, _, _, live = self.servers
        threading.Thread(target=server.shutdown).start()
        server.socket.close()
        for connection in list(live):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        return server.server_port

    def do_appear(self):
        old, make, handler, live = self.servers
        new = make(("127.0.0.1", old.server_port), handler)
        threading.Thread(target=new.serve_forever, daemon=True).start()
        self.servers = (new, make, handler, live)
        return new.server_port
