"""Who is told of alerts: a real mail server and a web server, both on a node, with a certificate of the platform's."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

from testkit import wait

CERTIFICATES = "/etc/privatechat/tls/monitoring"
MAIL_PORT, TLS_MAIL_PORT, HOOK_PORT = 2525, 465, 8443
MAIL_CONFIG = f"""
pki localhost cert "/root/mail/cert.pem"
pki localhost key "/root/mail/key.pem"
table people file:/root/mail/people
table boxes {{ "@" = "mailbox" }}
listen on 127.0.0.1 port {MAIL_PORT} tls-require pki localhost auth <people>
listen on 127.0.0.1 port {TLS_MAIL_PORT} smtps pki localhost auth <people>
action "deliver" maildir "/home/mailbox/mail" virtual <boxes>
match auth from any for any action "deliver"
"""
READ = """
import email, email.policy, glob, json
found = []
for path in sorted(glob.glob('/home/mailbox/mail/new/*')):
    message = email.message_from_binary_file(open(path, 'rb'), policy=email.policy.default)
    body = message.get_body(('plain',))
    found.append({**{name: str(message[name]) for name in ('From', 'To', 'Subject')}, 'text': body.get_content()})
print(json.dumps(found))
"""
HOOK = f"""
import http.server, json, ssl
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        with open('/run/scenario-hooks', 'a') as file:
            told = {{'path': self.path, 'token': self.headers['Authorization'], 'body': body}}
            file.write(json.dumps(told) + chr(10))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', {HOOK_PORT}), Hook)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain('{CERTIFICATES}/cert.pem', '{CERTIFICATES}/key.pem')
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
INSTALL = """
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --no-install-recommends opensmtpd ||
{ apt-get update && apt-get install --yes --no-install-recommends opensmtpd; }
"""


class Receivers:
    """Both servers and what has come to them."""

    def __init__(self, host: Host, user: str, password: str) -> None:
        self.host, self.user, self.password = host, user, password

    def start(self) -> None:
        """Install and run them."""
        self.host.check_output(INSTALL)
        self.host.check_output("id mailbox || useradd --system --create-home --shell /usr/sbin/nologin mailbox")
        self.host.check_output("install -d -m 0700 /root/mail && rm -rf /home/mailbox/mail /run/scenario-hooks")
        for name in ("cert", "key"):
            self.host.check_output("install -m 0600 %s /root/mail/%s", f"{CERTIFICATES}/{name}.pem", f"{name}.pem")
        hashed = self.host.check_output("smtpctl encrypt %s", self.password)
        self.host.check_output("printf '%%s %%s\\n' %s %s > /root/mail/people", self.user, hashed)
        self.host.check_output("printf '%%s' %s > /etc/smtpd.conf && smtpd -n", MAIL_CONFIG)
        self.host.check_output("systemctl restart opensmtpd")
        self.host.check_output("systemd-run --collect --unit=scenario-hooks python3 -c %s", HOOK)
        wait.port_answers(self.host, "127.0.0.1", MAIL_PORT)
        wait.port_answers(self.host, "127.0.0.1", HOOK_PORT)

    def stop(self) -> None:
        """Leave nothing of them."""
        self.host.run("systemctl stop scenario-hooks.service; rm -rf /root/mail /run/scenario-hooks")
        self.host.run("DEBIAN_FRONTEND=noninteractive apt-get purge --yes opensmtpd; userdel --remove mailbox")

    def mails(self) -> list[dict[str, str]]:
        """Return what has come by e-mail, in order."""
        found: list[dict[str, str]] = json.loads(self.host.check_output("python3 -c %s", READ))
        return found

    def mail(self, *words: str, seconds: float) -> dict[str, str]:
        """Wait for an e-mail that has all the words in subject or text, and return it."""

        def look() -> dict[str, str] | None:
            for one in self.mails():
                if all(word in one["Subject"] + one["text"] for word in words):
                    return one
            return None

        found = wait.until(look, what=f"an e-mail with {words}", seconds=seconds, pause=2)
        assert found is not None
        return found

    def hooks(self) -> list[dict[str, Any]]:
        """Return what has come to the web server, in order."""
        return [json.loads(line) for line in self.host.run("cat /run/scenario-hooks").stdout.splitlines()]

    def hook(self, name: str, status: str, *, seconds: float) -> dict[str, Any]:
        """Wait until the web server was told that an alert fires or is resolved, and return how."""

        def look() -> dict[str, Any] | None:
            for one in self.hooks():
                told = [(alert["labels"]["alertname"], alert["status"]) for alert in one["body"]["alerts"]]
                if (name, status) in told:
                    return one
            return None

        found = wait.until(look, what=f"the webhook being told that {name} is {status}", seconds=seconds, pause=2)
        assert found is not None
        return found
