"""What the end-to-end tests stand on: real servers on 127.0.0.1, each in the test's own folder, each ended with it.

    from harness import *

    class Relay(ServerTest):
        def test_clean_mail_arrives(self):
            relay = self.start(Scanrelay(self.folder))
            ...
"""
from harness.certificate import make_certificate
from harness.cgi import Cgi
from harness.example_site import ExampleSite
from harness.forms import Answer, Browser, File, encode_multipart, encode_urlencoded
from harness.formmail import FormMail, write_site
from harness.maildir import read_maildir, wait_for_mail
from harness.ports import free_port
from harness.postfix import Postfix
from harness.process import BUILD, ROOT, Server, ServerFailed, run, wait_until
from harness.relay_processes import (busy_worker, child, children, kill, proportional_kilobytes, slow_attachments, slow_zip,
                                     status_of, workers)
from harness.samples import eicar, eicar_signature, eicar_zip, mail_with, zip_of
from harness.scanrelay import Scanrelay
from harness.smtp_client import SmtpClient, code
from harness.smtp_sink import Reply, SmtpSink
from harness.testcase import ServerTest, main
from harness.web import Apache, Lighttpd, Nginx

__all__ = [
    "Answer", "Apache", "BUILD", "Browser", "Cgi", "ExampleSite", "File", "FormMail", "Lighttpd", "Nginx", "Postfix",
    "ROOT", "Reply", "Scanrelay", "Server", "ServerFailed", "ServerTest", "SmtpClient", "SmtpSink", "busy_worker",
    "child", "children", "code", "eicar", "eicar_signature", "eicar_zip", "encode_multipart", "encode_urlencoded",
    "free_port", "kill", "mail_with", "main", "make_certificate", "proportional_kilobytes", "read_maildir", "run",
    "slow_attachments", "slow_zip", "status_of", "wait_for_mail", "wait_until", "workers", "write_site", "zip_of",
]
