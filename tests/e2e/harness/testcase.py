"""The base of every end-to-end test."""
import pathlib
import shutil
import sys
import tempfile
import unittest


class ServerTest(unittest.TestCase):
    """Has a private folder (`self.folder`), ends what it started, and shows the servers' logs when it fails."""

    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-"))
        self.folder.chmod(0o755)  # Postfix, Apache and nginx read in it as users of their own
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self._servers = []
        self.addCleanup(self._stop_all)

    def start(self, server):
        """Starts anything with start(), stop() and log(); it is stopped with the test, last started first."""
        self._servers.append(server)
        server.start()
        return server

    def _stop_all(self):
        outcome = self._outcome.result
        failed = any(test is self for test, _ in outcome.failures + outcome.errors) if outcome else False
        for server in reversed(self._servers):
            try:
                server.stop()
            finally:
                if failed or not self._outcome.success:
                    print(server.log()[-20000:], file=sys.stderr)


def main():
    """Runs the tests of the calling file; each test's name and outcome go to standard error."""
    unittest.main(module="__main__", verbosity=2)
