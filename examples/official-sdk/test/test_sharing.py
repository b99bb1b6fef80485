import json
import os
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from sharing import Permissions  # noqa: E402

CHECKPOINT = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
EMULATOR = os.environ["OPENAI_BASE_URL"].removesuffix("/v1")


def control(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


class SharingTest(unittest.TestCase):
    def server(self, **options):
        """A server of its own for each test, with its own state, quota and clock."""
        made = control("POST", f"{EMULATOR}/__fake/servers", options)
        self.addCleanup(control, "DELETE", f"{EMULATOR}/__fake/servers/{made['id']}")
        return Permissions(made["baseUrl"], "any"), made["controlUrl"]

    def test_lists_every_project_page_after_page(self):
        projects = [f"proj_{number}" for number in range(250)]
        permissions, _ = self.server(seed={CHECKPOINT: projects})
        self.assertCountEqual(permissions.projects(CHECKPOINT), projects)

    def test_shares_once_even_where_the_reply_is_lost(self):
        permissions, fake = self.server(behavior={"regrant": "second"})
        control("POST", f"{fake}/faults", {"fault": "drop-after", "operation": "create"})
        permissions.share(CHECKPOINT, "proj_a")
        self.assertEqual(permissions.projects(CHECKPOINT), ["proj_a"])

    def test_the_quota_refills_in_a_minute_that_takes_no_time(self):
        permissions, fake = self.server(behavior={"rate": "10/minute"})
        for _ in range(10):
            permissions.projects(CHECKPOINT)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            permissions.projects(CHECKPOINT)
        self.assertEqual(refused.exception.code, 429)
        refused.exception.close()
        control("POST", f"{fake}/clock", {"advance": "1 minute"})
        self.assertEqual(permissions.projects(CHECKPOINT), [])


if __name__ == "__main__":
    unittest.main()
