# SPDX-License-Identifier: GPL-2.0-or-later
"""Patchwork as freedesktop.org has it: API 1.0, revision 2."""
import datetime
import json
import re
import xmlrpc.client

from patchwork_state import PROJECT, STATES, stamp

RESULTS = ["pending", "info", "success", "warning", "failure"]


def dump(value):
    return json.dumps(value, ensure_ascii=False,
                      separators=(",", ":")).encode()


class Fdo:
    def __init__(self, state):
        self.state = state
        base = r"/api/1\.0"
        self.routes = [(re.compile(p + "$"), f) for p, f in [
            (base + "/", self.root),
            (base + "/projects/", self.projects),
            (base + "/projects/([^/]+)/", self.project),
            (base + "/projects/([^/]+)/events/", self.events),
            (base + "/projects/([^/]+)/series/", self.series_list),
            (base + "/projects/([^/]+)/patches/", self.patches),
            (base + r"/series/(\d+)/", self.series),
            (base + r"/series/(\d+)/revisions/", self.revisions),
            (base + r"/series/(\d+)/revisions/(\d+)/", self.revision),
            (base + r"/series/(\d+)/revisions/(\d+)/mbox/", self.mbox),
            (base + r"/series/(\d+)/revisions/(\d+)/test-results/",
             self.results),
            (base + r"/patches/(\d+)/", self.patch),
            (base + r"/patches/(\d+)/mbox/", self.patch_mbox),
            (r"/patch/(\d+)/mbox/", self.patch_mbox),
            (r"/xmlrpc/", self.xmlrpc),
        ]]

    def answer(self, asked):
        for pattern, function in self.routes:
            match = pattern.match(asked.path)
            if not match:
                continue
            user = self.state.user(asked.headers, tokens=False)
            if user is False and "test-results" in asked.path:
                return self.refuse(401, "Invalid username/password.")
            if user is False:
                return self.refuse(403, "Invalid username/password.")
            if asked.method not in ("GET", "POST"):
                return self.refuse(405, 'Method "%s" not allowed.'
                                   % asked.method)
            try:
                return function(asked, *match.groups())
            except KeyError:
                return self.refuse(404, "Not found.")
        return 404, b"<h1>Not Found</h1>", "text/html", []

    @staticmethod
    def ok(value, status=200):
        return status, dump(value), "application/json", []

    @staticmethod
    def refuse(status, detail):
        more = [("WWW-Authenticate", 'Basic realm="api"')] \
            if status == 401 else []
        return status, dump({"detail": detail}), "application/json", more

    def page(self, asked, rows):
        size = min(int(asked.query.get("perpage") or 20) or 20, 100,
                   self.state.page_most)
        last = max((len(rows) + size - 1) // size, 1)
        said = asked.query.get("page") or "1"
        number = last if said == "last" else int(said)
        if not 1 <= number <= last:
            return self.refuse(404, "Invalid page.")

        def url(n):
            query = dict(asked.query, page=str(n))
            return "http://%s%s?%s" % (
                self.state.host or asked.headers["Host"], asked.path,
                "&".join("%s=%s" % p for p in sorted(query.items())))
        self.state.listed()
        return self.ok({
            "count": len(rows),
            "next": url(number + 1) if number < last else None,
            "previous": url(number - 1) if number > 1 else None,
            "results": rows[(number - 1) * size:number * size]})

    def root(self, asked):
        return self.ok({"revision": 2})

    def one_project(self):
        return {"id": 1, "name": "Linux course", "linkname": PROJECT,
                "listemail": "linux-course@lists.example.org", "web_url": "",
                "scm_url": "", "webscm_url": ""}

    def projects(self, asked):
        return self.page(asked, [self.one_project()])

    def project(self, asked, name):
        if name not in (PROJECT, "1"):
            raise KeyError(name)
        return self.ok(self.one_project())

    def event(self, event):
        more = event["more"]
        parameters = {}
        if event["kind"] == "series-new-revision":
            parameters["revision"] = more["revision"]
        elif event["kind"] == "pull-request-new":
            parameters["pull_url"] = more["pull"]
        else:
            parameters = {"new_state": more["after"],
                          "previous_state": more["before"]}
        return {"name": event["kind"], "event_time": stamp(event["time"]),
                "series": more["series"], "patch": more.get("patch"),
                "user": 1 if more.get("user") else None,
                "parameters": parameters}

    def events(self, asked, project):
        query = asked.query
        rows = self.state.shown() if project == PROJECT else []
        if "name" in query:
            rows = [e for e in rows if e["kind"] in query["name"].split(",")]
        if query.get("since"):
            if re.search(r"Z|[+-]\d\d:", query["since"]):
                raise ValueError
            since = datetime.datetime.fromisoformat(query["since"])
            rows = [e for e in rows if e["time"] > since]
        for key in ("series", "patch"):
            if key in query:
                rows = [e for e in rows
                        if str(e["more"].get(key)) == query[key]]
        rows = sorted(rows, key=lambda e: e["time"],
                      reverse=query.get("ordering") != "event_time")
        return self.page(asked, [self.event(e) for e in rows])

    def worst(self, number, revision):
        said = [v["state"] for (s, r, _), v in self.state.results.items()
                if (s, r) == (number, revision)]
        return max(said, key=RESULTS.index) if said else None

    def one_series(self, one):
        version = one["version"]
        patches = one["revisions"][version]
        whole = len(patches) >= one["total"]
        return {"id": one["id"], "project": 1, "name": one["name"],
                "n_patches": one["total"] if whole else 0, "submitter": 1,
                "submitted": one["submitted"],
                "last_updated": stamp(one["updated"]), "version": version,
                "reviewer": None,
                "test_state": self.worst(one["id"], version),
                "state": "initial" if whole else "incomplete",
                "state_summary": [{"count": len(patches), "name": "New",
                                   "final": False}] if whole else None}

    def series_list(self, asked, project):
        rows = [self.one_series(s) for s in self.state.series.values()]
        if project != PROJECT:
            rows = []
        if asked.query.get("test_state") == "null":
            rows = [r for r in rows if r["test_state"] is None]
        if asked.query.get("state") == "incomplete":
            rows = []
        since = asked.query.get("updated_since")
        if since:
            rows = [r for r in rows if r["last_updated"] > since]
        order = asked.query.get("ordering") or "-last_updated"
        rows.sort(key=lambda r: r[order.lstrip("-")],
                  reverse=order.startswith("-"))
        return self.page(asked, rows)

    def series(self, asked, number):
        return self.ok(self.one_series(self.state.series[int(number)]))

    def one_revision(self, number, revision):
        one = self.state.series[int(number)]
        patches = one["revisions"][int(revision)]
        return {"version": int(revision), "cover_letter": None,
                "patches": patches}

    def revisions(self, asked, number):
        known = self.state.series[int(number)]["revisions"]
        return self.page(asked,
                         [self.one_revision(number, r) for r in sorted(known)])

    def revision(self, asked, number, revision):
        if asked.query.get("related"):
            raise ValueError
        return self.ok(self.one_revision(number, revision))

    def mbox(self, asked, number, revision):
        one = self.state.series[int(number)]
        patches = one["revisions"][int(revision)]
        patches = patches[:len(patches) - one["hidden"]]
        return (200, self.state.mbox(patches).encode(), "text/plain", [])

    def one_patch(self, one):
        return {"id": one["id"], "project": 1,
                "name": ("[%s] " % one["mark"] if one["mark"] else "")
                + one["name"],
                "date": one["date"], "last_updated": stamp(one["updated"]),
                "submitter": 1, "state": STATES.index(one["state"]) + 1,
                "content": one["diff"]}

    def patches(self, asked, project):
        rows = [self.one_patch(p) for p in self.state.patches.values()]
        rows.sort(key=lambda r: r["id"],
                  reverse=asked.query.get("ordering") == "-id")
        return self.page(asked, rows if project == PROJECT else [])

    def patch(self, asked, number):
        return self.ok(self.one_patch(self.state.patches[int(number)]))

    def patch_mbox(self, asked, number):
        return (200, self.state.mbox([int(number)]).encode(), "text/plain", [])

    @staticmethod
    def one_result(result):
        return {k: result.get(k)
                for k in ("test_name", "state", "url", "summary", "date")}

    def results(self, asked, number, revision):
        key = (int(number), int(revision))
        self.state.series[key[0]]["revisions"][key[1]]
        known = self.state.results
        if asked.method == "GET":
            return self.ok([self.one_result(v) for k, v in
                            sorted(known.items()) if k[:2] == key])
        user = self.state.user(asked.headers, tokens=False)
        if not user:
            return self.refuse(401, "Authentication credentials were not "
                                    "provided.")
        if user != "cibot":
            return self.refuse(403, "You do not have permission to perform "
                                    "this action.")
        try:
            said = json.loads(asked.body)
        except ValueError as why:
            return self.refuse(400, "JSON parse error - %s" % why)
        for field in ("test_name", "state"):
            if field not in said:
                return self.ok({field: ["This field is required."]}, 400)
        if said["state"] not in RESULTS:
            return self.ok({"state": ['"%s" is not a valid choice.'
                                      % said["state"]]}, 400)
        if said.get("url") and not re.match(
                r"https?://([^/]*\.|localhost|\d)", said["url"]):
            return self.ok({"url": ["Enter a valid URL."]}, 400)
        result = known.setdefault(key + (said["test_name"],), {})
        result.update({k: said[k] for k in said if k != "date"})
        result["date"] = stamp(self.state.now()).replace("T", " ")
        result["posts"] = result.get("posts", 0) + 1
        return self.ok(self.one_result(result), 201)

    def call(self, name, arguments, user):
        """The value of an XML-RPC call; what it raises becomes a fault."""
        if name == "state_list":
            return [{"id": i + 1, "name": s} for i, s in enumerate(STATES)]
        if name == "patch_list":
            return [{"id": p["id"]} for p in self.state.patches.values()
                    if p["msgid"] == arguments[0].get("msgid")]
        if name != "patch_set":
            raise Exception('method "%s" is not supported' % name)
        if not user:
            raise Exception("No authentication credentials given")
        if user != "cibot":
            raise Exception("No permissions to edit this patch")
        if arguments[0] not in self.state.patches:
            raise Exception("Patch matching query does not exist.")
        if not 1 <= arguments[1]["state"] <= len(STATES):
            raise Exception("Invalid state: %s" % arguments[1]["state"])
        self.state.do_state(arguments[0], STATES[arguments[1]["state"] - 1])
        return True

    def xmlrpc(self, asked):
        if not self.state.has_xmlrpc:
            return 404, b"<h1>Not Found</h1>", "text/html", []
        arguments, name = xmlrpc.client.loads(asked.body)
        user = self.state.user(asked.headers, tokens=False)
        try:
            said = (self.call(name, arguments, user),)
        except Exception as why:
            said = xmlrpc.client.Fault(
                1, "<type 'exceptions.Exception'>:%s" % why)
        return (200, xmlrpc.client.dumps(said, methodresponse=True).encode(),
                "text/html; charset=utf-8", [])
