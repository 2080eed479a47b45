"""A mail server for the tests: aiosmtpd on three free ports of the loopback, one line of JSON about them on standard
output. Mails that it takes become files in the directory given; whoever is called `refused` or `later` is answered
550 or 451, and the address `slow` is answered after a minute. Ends when standard input does.

smtp.py DIRECTORY CERTIFICATE KEY
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

directory, certificate, key = sys.argv[1:4]
USER, PASSWORD = b"stock", b"a password for mail"


class Handler:
    def __init__(self, name):
        self.name = name
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        person = address.split("@")[0]
        if person == "refused":
            return "550 5.1.1 <" + address + ">: there is nobody of that name here"
        if person == "later":
            return "451 4.7.1 greylisted, come again"
        if person == "slow":
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 welcome"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        path = os.path.join(directory, "%s-%d.eml" % (self.name, self.taken))
        with open(path + ".part", "wb") as file:
            head = "X-From: %s\r\nX-To: %s\r\nX-Tls: %s\r\nX-User: %s\r\n" % (
                envelope.mail_from,
                ",".join(envelope.rcpt_tos),
                session.ssl is not None or self.name == "tls",
                getattr(session.auth_data, "login", b"").decode(),
            )
            file.write(head.encode())
            file.write(envelope.content)
        os.rename(path + ".part", path)
        return "250 2.0.0 taken as %s-%d" % (self.name, self.taken)


class OnAnyPort(Controller):
    def _trigger_server(self):
        # It was given port 0 and would knock there.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=good, handled=False, auth_data=data)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
signed_in = {"authenticator": authenticate, "auth_required": True}
ways = {
    "starttls": dict(signed_in, tls_context=context, require_starttls=True),
    "plain": {},
    "tls": dict(signed_in, ssl_context=context, auth_require_tls=False),
}
ports = {}
controllers = []
for name, options in ways.items():
    controller = OnAnyPort(Handler(name), hostname="127.0.0.1", port=0, enable_SMTPUTF8=True, **options)
    controller.start()
    ports[name] = controller.port
    controllers.append(controller)
print(json.dumps(ports), flush=True)
sys.stdin.read()
for controller in controllers:
    controller.stop(no_assert=True)
