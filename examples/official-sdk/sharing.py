"""The same in Python, with nothing but its standard library."""

import json
import urllib.error
import urllib.parse
import urllib.request


class Permissions:
    def __init__(self, base_url, admin_key):
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {admin_key}", "Content-Type": "application/json"}

    def _send(self, method, checkpoint, body=None, **query):
        url = f"{self.base_url}/fine_tuning/checkpoints/{urllib.parse.quote(checkpoint, safe='')}/permissions"
        if query:
            url += f"?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def projects(self, checkpoint):
        """The projects that have access to a checkpoint."""
        projects, query = [], {}
        while True:
            page = self._send("GET", checkpoint, **query)
            projects += [permission["project_id"] for permission in page["data"]]
            if not page["has_more"]:
                return projects
            query = {"after": page["last_id"]}

    def share(self, checkpoint, project):
        """Gives a project access to a checkpoint.

        A create whose reply was lost may have been executed, so it reads before it sends one again.
        """
        for attempt in range(3):
            if project in self.projects(checkpoint):
                return
            try:
                self._send("POST", checkpoint, {"project_ids": [project]})
                return
            except urllib.error.HTTPError:
                raise
            except OSError:
                if attempt == 2:
                    raise
