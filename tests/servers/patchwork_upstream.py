# SPDX-License-Identifier: GPL-2.0-or-later
"""Patchwork as getpatchwork has it: API 1.0 to 1.3."""
import datetime
import json
import re
import urllib.parse

from patchwork_fdo import dump
from patchwork_state import PROJECT, STATES, slug, stamp

CHECKS = ["pending", "success", "warning", "fail"]


class Upstream:
    def __init__(self, state):
        self.state = state
        base = r"/api/1\.[0-3]"
        self.routes = [(re.compile(p + "$"), f) for p, f in [
            (base + "/", self.root),
            (base + "/projects/([^/]+)/", self.project),
            (base + "/events/", self.events),
            (base + "/series/", self.series_list),
            (base + r"/series/(\d+)/", self.series),
            (base + "/patches/", self.patches),
            (base + r"/patches/(\d+)/", self.patch),
            (base + r"/patches/(\d+)/checks/", self.checks),
            (base + r"/patches/(\d+)/checks/(\d+)/", self.check),
            (r"/series/(\d+)/mbox/", self.mbox),
            (r"/project/[^/]+/patch/([^/]+)/mbox/", self.patch_mbox),
        ]]

    def answer(self, asked):
        self.host = "http://" + (self.state.host or asked.headers["Host"] or
                                 "localhost")
        self.api = self.host + "/".join(asked.path.split("/")[:3])
        for pattern, function in self.routes:
            match = pattern.match(asked.path)
            if not match:
                continue
            if self.state.user(asked.headers, tokens=True) is False:
                basic = asked.headers["Authorization"].startswith("Basic")
                return self.refuse(403, "Invalid username/password." if basic
                                   else "Invalid token.")
            try:
                return function(asked, *match.groups())
            except KeyError:
                return self.refuse(404, "Not found.")
        return 404, b"<h1>Not Found</h1>", "text/html", []

    @staticmethod
    def ok(value, status=200, more=()):
        return status, dump(value), "application/json", more

    @staticmethod
    def refuse(status, detail):
        return status, dump({"detail": detail}), "application/json", []

    def page(self, asked, rows, show):
        size = min(int(asked.query.get("per_page") or 30) or 30, 250,
                   self.state.page_most)
        last = max((len(rows) + size - 1) // size, 1)
        number = int(asked.query.get("page") or 1)
        if not 1 <= number <= last:
            return self.refuse(404, "Invalid page.")

        def link(n, rel):
            query = dict(asked.query, page=str(n))
            return '<%s%s?%s>; rel="%s"' % (
                self.host, asked.path,
                urllib.parse.urlencode(sorted(query.items())), rel)
        links = [link(number + 1, "next")] if number < last else []
        links += [link(number - 1, "prev")] if number > 1 else []
        links += [link(1, "first"), link(last, "last")]
        self.state.listed()
        return self.ok([show(r) for r in
                        rows[(number - 1) * size:number * size]],
                       more=[("Link", ", ".join(links))])

    def root(self, asked):
        return self.ok({k: "%s/%s/" % (self.api, k) for k in (
            "projects", "users", "people", "patches", "covers", "series",
            "events", "bundles")})

    def one_project(self):
        return {"id": 1, "url": self.api + "/projects/1/",
                "name": "Linux course", "link_name": PROJECT,
                "list_id": "linux-course.lists.example.org",
                "list_email": "linux-course@lists.example.org", "web_url": "",
                "scm_url": "", "webscm_url": "", "list_archive_url": "",
                "list_archive_url_format": "", "commit_url_format": ""}

    def user(self, name):
        return {"id": 1, "url": self.api + "/users/1/", "username": name,
                "first_name": "", "last_name": "",
                "email": name + "@example.org"}

    def project(self, asked, name):
        if name not in (PROJECT, "1"):
            raise KeyError(name)
        return self.ok(dict(self.one_project(), maintainers=[
            self.user("cibot")], subject_match=""))

    def short_series(self, number):
        one = self.state.series[number]
        return {"id": number, "url": "%s/series/%d/" % (self.api, number),
                "web_url": "%s/project/%s/list/?series=%d"
                % (self.host, PROJECT, number),
                "date": one["submitted"], "name": one["name"],
                "version": one["version"],
                "mbox": "%s/series/%d/mbox/" % (self.host, number)}

    def short_patch(self, number):
        one = self.state.patches[number]
        web = "%s/project/%s/patch/%s/" % (
            self.host, PROJECT, urllib.parse.quote(one["msgid"].strip("<>")))
        return {"id": number, "url": "%s/patches/%d/" % (self.api, number),
                "web_url": web, "msgid": one["msgid"],
                "list_archive_url": None, "date": one["date"],
                "name": ("[%s] " % one["mark"] if one["mark"] else "")
                + one["name"], "mbox": web + "mbox/"}

    def event(self, event):
        more, payload = event["more"], {}
        if more.get("patch"):
            payload["patch"] = self.short_patch(more["patch"])
        if event["kind"].startswith("series-"):
            payload["series"] = self.short_series(more["series"])
        if event["kind"] == "patch-state-changed":
            payload["previous_state"] = slug(more["before"])
            payload["current_state"] = slug(more["after"])
        if "check" in more:
            payload["check"] = {
                k: v for k, v in self.one_check(more["check"]).items()
                if k not in ("description", "user")}
        user = more.get("user")
        return {"id": event["id"], "category": event["kind"],
                "project": self.one_project(), "date": stamp(event["time"]),
                "actor": self.user(user) if user else None,
                "payload": payload}

    def events(self, asked):
        query, rows = asked.query, self.state.shown()
        if "category" in query:
            rows = [e for e in rows if e["kind"] == query["category"]]
        if query.get("project", PROJECT) not in (PROJECT, "1"):
            rows = []
        for key in ("since", "before"):
            if not query.get(key):
                continue
            if re.search(r"Z|[+-]\d\d:", query[key]):
                raise ValueError
            try:
                when = datetime.datetime.fromisoformat(query[key])
            except ValueError:
                return self.page(asked, [], self.event)
            rows = [e for e in rows if (e["time"] >= when) == (key == "since")]
        for key in ("series", "patch"):
            if key in query:
                rows = [e for e in rows
                        if str(e["more"].get(key)) == query[key]]
        rows = sorted(rows, key=lambda e: e["time"],
                      reverse=query.get("order") != "date")
        return self.page(asked, rows, self.event)

    def there(self, one):
        patches = one["revisions"][1]
        return patches[:len(patches) - one["hidden"]]

    def one_series(self, one):
        patches = self.there(one)
        short = self.short_series(one["id"])
        mbox = short.pop("mbox")
        return {"id": short["id"], "url": short["url"],
                "web_url": short["web_url"], "project": self.one_project(),
                "name": one["name"], "date": one["submitted"],
                "submitter": {"id": 1, "url": self.api + "/people/1/",
                              "name": "Łukasz Żółć",
                              "email": "lukasz.zolc@student.example.org"},
                "version": one["version"], "total": one["total"],
                "received_total": len(patches),
                "received_all": len(patches) >= one["total"], "mbox": mbox,
                "cover_letter": None,
                "patches": [self.short_patch(p) for p in patches]}

    def series_list(self, asked):
        rows = sorted(self.state.series.values(), key=lambda s: s["id"],
                      reverse=asked.query.get("order") == "-id")
        if asked.query.get("project", PROJECT) not in (PROJECT, "1"):
            rows = []
        return self.page(asked, rows, self.one_series)

    def series(self, asked, number):
        return self.ok(self.one_series(self.state.series[int(number)]))

    def mbox(self, asked, number):
        if int(number) not in self.state.series:
            return 404, b"<h1>Not Found</h1>", "text/html; charset=utf-8", []
        patches = self.there(self.state.series[int(number)])
        return 200, self.state.mbox(patches).encode(), "text/plain", [
            ("Content-Disposition", "attachment; filename=a.patch")]

    def patch_mbox(self, asked, msgid):
        msgid = urllib.parse.unquote(msgid)
        for one in self.state.patches.values():
            if one["msgid"].strip("<>") == msgid:
                return (200, self.state.mbox([one["id"]]).encode(),
                        "text/plain", [])
        raise KeyError(msgid)

    def one_patch(self, one, whole=True):
        short = self.short_patch(one["id"])
        series = [self.short_series(one["series"])] if one["series"] else []
        said = dict(short, project=self.one_project(), commit_ref=None,
                    pull_url=one["pull"], state=slug(one["state"]),
                    archived=False,
                    hash="%040x" % one["id"],
                    submitter={"id": 1, "url": self.api + "/people/1/",
                               "name": "Łukasz Żółć",
                               "email": "lukasz.zolc@student.example.org"},
                    delegate=None, series=series, tags={}, related=[],
                    comments="%s/api/patches/%d/comments/"
                    % (self.host, one["id"]), check="pending",
                    checks="%s/api/patches/%d/checks/" % (self.host, one["id"]))
        if whole:
            said.update(headers={"Message-Id": one["msgid"]}, content="zażółć",
                        diff=one["diff"], prefixes=[])
        return said

    def patches(self, asked):
        rows = list(self.state.patches.values())
        if "series" in asked.query:
            rows = [p for p in rows
                    if str(p["series"]) == asked.query["series"]]
        if "msgid" in asked.query:
            rows = [p for p in rows
                    if p["msgid"] == "<%s>" % asked.query["msgid"]]
        if "state" in asked.query:
            rows = [p for p in rows
                    if slug(p["state"]) == asked.query["state"]]
        return self.page(asked, rows, lambda p: self.one_patch(p, False))

    def may_write(self, asked):
        user = self.state.user(asked.headers, tokens=True)
        if not user and asked.method == "PATCH":
            return self.refuse(403, "Authentication credentials were not "
                                    "provided.")
        return None if user == "cibot" else self.refuse(
            403, "You do not have permission to perform this action.")

    def patch(self, asked, number):
        one = self.state.patches[int(number)]
        if asked.method == "PATCH":
            refused = self.may_write(asked)
            if refused:
                return refused
            state = json.loads(asked.body)["state"]
            known = {slug(s): s for s in STATES}
            if not isinstance(state, str):
                raise ValueError
            if state not in known:
                return self.ok({"state": [
                    "Invalid state %s. Expected one of: %s."
                    % (state, ", ".join(known))]}, 400)
            if known[state] != one["state"]:
                self.state.do_state(one["id"], known[state])
            said = self.one_patch(one)
            del said["related"]
            return self.ok(said)
        return self.ok(self.one_patch(one))

    def one_check(self, check):
        return dict(
            {k: check[k] for k in ("id", "date", "state", "target_url",
                                   "context", "description")},
            url="%s/patches/%d/checks/%d/" % (self.api, check["patch"],
                                              check["id"]),
            user=self.user(check["user"]))

    def check(self, asked, number, check):
        known = {(c["patch"], c["id"]): c for c in self.state.checks}
        if asked.method != "GET":
            return self.refuse(405, 'Method "%s" not allowed.' % asked.method)
        return self.ok(self.one_check(known[int(number), int(check)]))

    def checks(self, asked, number):
        patch = self.state.patches[int(number)]["id"]
        if asked.method == "GET":
            rows = [c for c in self.state.checks if c["patch"] == patch]
            for key in ("state", "context"):
                if key in asked.query:
                    rows = [c for c in rows if c[key] == asked.query[key]]
            if "user" in asked.query:
                rows = [c for c in rows
                        if asked.query["user"] in (c["user"], "1")]
            return self.page(asked, rows, self.one_check)
        if asked.method != "POST":
            return self.refuse(405, 'Method "%s" not allowed.' % asked.method)
        refused = self.may_write(asked)
        if refused:
            return refused
        try:
            said = json.loads(asked.body)
        except ValueError as why:
            return self.refuse(400, "JSON parse error - %s" % why)
        context = said.get("context") or "default"
        if said.get("state") not in CHECKS:
            why = ['"%s" is not a valid choice.' % said["state"]] \
                if "state" in said else ["This field is required."]
            return self.ok({"state": why}, 400)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", context):
            return self.ok({"context": [
                "Enter a valid “slug” consisting of Unicode letters, "
                "numbers, underscores, or hyphens."]}, 400)
        url = said.get("target_url")
        if url and (len(url) > 200 or
                    not re.match(r"https?://[^/]*\.", url)):
            return self.ok({"target_url": ["Enter a valid URL."]}, 400)
        check = dict(id=len(self.state.checks) + 1, patch=patch,
                     state=said["state"], context=context, target_url=url,
                     description=said.get("description"), user="cibot",
                     date=stamp(self.state.now()))
        self.state.checks.append(check)
        self.state.make_event("check-created", patch=patch, check=check,
                              user="cibot")
        return self.ok(self.one_check(check), 201)
