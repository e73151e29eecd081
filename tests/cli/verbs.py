"""Speaks the verbs' protocol as any language can: answers out of order, retries after a lost connection,
leases, and clients that are rude. Run as a step by verbs.sh."""
import json
import os
import socket

TOKEN = os.environ["PARGRAPH_TOKEN"]


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(os.environ["PARGRAPH_SOCKET"])
        self.file = self.socket.makefile("rw")

    def send(self, verb, name, **more):
        line = json.dumps({"token": TOKEN, "verb": verb, "name": name, **more})
        print(line, file=self.file, flush=True)

    def receive(self):
        return json.loads(self.file.readline())

    def ask(self, verb, name, **more):
        self.send(verb, name, **more)
        return self.receive()

    def close(self):
        self.file.close()
        self.socket.close()


def is_equal(actual, expected):
    if actual != expected:
        raise SystemExit(f"{actual} instead of {expected}")


one, two = Client(), Client()

# Several under way on one connection: each is answered when it is done.
one.send("get", "q", id="first")
one.send("get", "q", id="second")
one.send("set", "e", id=3)
is_equal(one.receive(), {"id": 3, "status": 0})
is_equal(two.ask("put", "q", id=1, value={"a": [None, "\u00e9\n", 1.5]})["status"], 0)
is_equal(one.receive(), {"id": "first", "status": 0, "value": {"a": [None, "\u00e9\n", 1.5]}})
is_equal(two.ask("put", "q", id=2, value="x")["status"], 0)
is_equal(one.receive(), {"id": "second", "status": 0, "value": "x"})

# Asked again, with the same id: not done again, and answered the same.
is_equal(two.ask("put", "q", id=2, value="x")["status"], 0)
is_equal(one.ask("get", "q", id=4, timeout=0)["status"], 124)
is_equal(Client().ask("get", "q", id="second"), {"id": "second", "status": 0, "value": "x"})

# A lock ends with its connection; one that is acquired does not. What waits is given up with it.
lease = one.ask("lock", "l", id=5)["lease"]
is_equal(two.ask("lock", "l", id=6, timeout=0)["status"], 124)
is_equal(two.ask("lock", "l", id=7, timeout=0, lease=lease)["status"], 0)
is_equal(two.ask("release", "l", id=8, lease=lease), {"id": 8, "status": 0})
is_equal(two.ask("release", "l", id=9)["status"], 2)
waits = Client()
waits.send("lock", "l", id=10)
waits.close()
two.send("lock", "l", id=11)
one.close()
is_equal(two.receive()["status"], 0)
is_equal(two.ask("release", "l", id=12)["status"], 0)
is_equal(two.ask("acquire", "l", id=13)["status"], 0)
two.close()
one = Client()
is_equal(one.ask("lock", "l", id=14, timeout=0)["status"], 124)
is_equal(one.ask("release", "l", id=15)["status"], 0)
# The lease of 5 was given back, so asking again is asking anew.
is_equal(one.ask("lock", "l", id=5)["status"], 0)

# What is no request; then others are served all the same.
rude = Client()
rude.socket.sendall(b"\x00\xff not a request\n")
is_equal(rude.receive()["status"], 2)
is_equal(rude.file.readline(), "")
is_equal(one.ask("set", "e", id="x" * 65)["status"], 2)
is_equal(one.ask("set", "e", who=1)["message"], "there is no field 'who'")
is_equal(one.ask("set", "e", id=16, token="0.0")["status"], 2)
is_equal(one.ask("clear", "e", id=17), {"id": 17, "status": 0})

# Half a connection.
half = Client()
half.send("set", "e", id=18)
half.socket.shutdown(socket.SHUT_WR)
is_equal(half.receive(), {"id": 18, "status": 0})
is_equal(half.file.readline(), "")
print("all is well")
