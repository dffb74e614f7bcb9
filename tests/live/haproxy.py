"""HAProxy as two hops: one that says who calls, and one that speaks FastCGI."""

import socket

from lab import USER, GROUP, AS_ROOT, Web, accepts, free_port, program


class HAProxy(Web):
    """The second passes each line of a repeated header by itself, as nginx
    before 1.23 did, and the first adds a line of its own (forwardfor)."""

    conf = """
global
{user}
defaults
    mode http
    timeout connect 600s
    timeout client 600s
    timeout server 600s
frontend outer
    bind 127.0.0.1:{port}
    option forwardfor
    default_backend hop
backend hop
    server hop 127.0.0.1:{second_port}
frontend inner
    bind 127.0.0.1:{second_port}
    default_backend gate
fcgi-app ddnsgate
    docroot /
backend gate
    use-fcgi-app ddnsgate
    server gate {address} proto fcgi
"""

    def prepare(self):
        user = (f"    user {USER.pw_name}\n    group {GROUP.gr_name}"
                if AS_ROOT else "")
        address = self.gate.address.replace("unix:", "unix@")
        (self.folder / "haproxy.cfg").write_text(self.conf.format(
            user=user, port=self.port, second_port=free_port(),
            address=address))

    def command(self):
        return [program("haproxy"), "-db", "-f", self.folder / "haproxy.cfg"]

    def answers(self):
        return accepts(socket.AF_INET, ("127.0.0.1", self.port))
