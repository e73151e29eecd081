"""Calls Python functions for pargraph, until there are no more calls: man/pargraph-worker.7.

Standard input is a socket: a JSON object on each line is something to do, and each answer is a line
back. What functions print is sent on it, too, so that it is told apart by call.
"""
import importlib
import io
import json
import os
import resource
import signal
import socket
import sys
import time
import traceback
import types

LEAST, MOST = -(2**63), 2**63 - 1
DEEPEST = 64
encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
SHORT = 0.001  # seconds: of a call that takes less, the use of resources is not told


class Printed(io.RawIOBase):
    """A standard stream: what is written to it goes to the runner as a message, but from children
    that a function made, which write to the descriptor itself."""

    def __init__(self, worker, word, descriptor):
        self.worker, self.word, self.descriptor = worker, word, descriptor

    def writable(self):
        return True

    def fileno(self):
        return self.descriptor

    def write(self, data):
        if os.getpid() != self.worker.process:
            return os.write(self.descriptor, data)
        text = bytes(data)
        self.worker.say({self.word: text.decode("utf-8", "backslashreplace")})
        return len(text)


def printed(worker, word, descriptor):
    raw = io.BufferedWriter(Printed(worker, word, descriptor))
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)


def check(value, depth=0):
    """JSON would hold some values as others: keys that are no text, numbers that are too large. All
    languages' values are nested so deep at most."""
    if depth > DEEPEST:
        raise ValueError(f"it is nested deeper than {DEEPEST}")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key of it is no text: {key!r}")
            check(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            check(item, depth + 1)
    elif isinstance(value, int) and not LEAST <= value <= MOST:
        raise OverflowError(f"a whole number of it has more than 64 bits: {value}")


def encoded(result):
    try:
        check(result)
        return encode(result).encode("utf-8")
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise TypeError(f"the result cannot be kept as JSON: {error}") from None


class Environment:
    """What each call adds to the environment; undone only where the next one wants other things."""

    def __init__(self):
        self.added, self.before = {}, {}

    def put(self, name, value):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    def enter(self, wanted):
        for name in [name for name in self.added if name not in wanted]:
            self.put(name, self.before.pop(name))
            del self.added[name]
        for name, value in wanted.items():
            if name not in self.added:
                self.before[name] = os.environ.get(name)
            elif self.added[name] == value:
                continue
            self.put(name, value)
            self.added[name] = value


class Worker:
    def __init__(self):
        self.process = os.getpid()
        self.socket = socket.socket(fileno=os.dup(0))
        os.set_inheritable(self.socket.fileno(), False)
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        self.home = os.getcwd()
        self.functions, self.found = {}, {}
        self.environment = Environment()
        self.is_elsewhere = False
        self.used = resource.getrusage(resource.RUSAGE_SELF)
        sys.stdout = printed(self, "stdout", 1)
        sys.stderr = printed(self, "stderr", 2)

    def send(self, data):
        self.socket.sendall(data)

    def say(self, message):
        text = encode(message)
        self.send(text.encode("utf-8", "replace") + b"\n")

    def progress(self, done, text=None):
        """How far the function is, from 0 to 1: pargraph.progress(0.5, 'half')."""
        message = {"progress": float(done)}
        if text is not None:
            message["text"] = str(text)
        self.say(message)

    def find(self, number):
        function = self.found.get(number)
        if function is not None:
            return function
        what = self.functions[number]
        module, _, path = what["python"].partition(":")
        if what["folder"] not in sys.path:
            sys.path.insert(0, what["folder"])
        function = importlib.import_module(module)
        for name in path.split("."):
            function = getattr(function, name)
        self.found[number] = function
        return function

    def call(self, number, message):
        args, kwargs = message.get("args", []), message.get("kwargs", {})
        function = self.find(number)
        if isinstance(args, dict):
            return function(**args, **kwargs)
        return function(*args, **kwargs)

    def enter(self, message):
        self.environment.enter(message.get("env", {}))
        wanted = message.get("cwd")
        if wanted is not None or self.is_elsewhere:
            os.chdir(wanted or self.home)
        self.is_elsewhere = wanted is not None

    def answer(self, number, message):
        """The answer to a call, as bytes without what all answers have."""
        try:
            self.enter(message)
            result = self.call(number, message)
            if result is None:
                return b""
            return b',"result":' + encoded(result)
        except Stop:
            raise
        except BaseException as error:
            return self.failure(error)

    def failure(self, error):
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        lines = traceback.format_exception(type(error), error, own)
        message = traceback.format_exception_only(type(error), error)[-1].strip()
        fields = {"error": message, "traceback": "".join(lines)}
        text = encode(fields)
        return b"," + text[1:-1].encode("utf-8", "replace")

    def run(self, number, call, message):
        begun = time.monotonic()
        answer = self.answer(call, message)
        if os.getpid() != self.process:
            os._exit(0)  # a child that the function made came back from it
        sys.stdout.flush()
        sys.stderr.flush()
        if time.monotonic() - begun >= SHORT:
            before, used = self.used, resource.getrusage(resource.RUSAGE_SELF)
            self.used = used  # what short calls took meanwhile is too little to matter
            answer += b',"cpu":[%.6f,%.6f],"memory":%d' % (
                used.ru_utime - before.ru_utime,
                used.ru_stime - before.ru_stime,
                used.ru_maxrss * 1024,
            )
        self.send(b'{"id":%d%s}\n' % (number, answer))

    def take(self, line):
        message = json.loads(line.decode("utf-8", "surrogateescape"))
        if "id" in message:
            self.run(message["id"], message["call"], message)
        elif "init" in message:
            self.run(0, message["init"], message)
        elif "define" in message:
            self.functions[message["define"]] = message

    def serve(self):
        parts = []
        while True:
            data = self.socket.recv(1 << 16)
            if not data:
                return
            *lines, rest = data.split(b"\n")
            if lines:
                lines[0] = b"".join(parts) + lines[0]
                parts = []
                for line in lines:
                    self.take(line)
            parts.append(rest)


class Stop(SystemExit):
    """SIGTERM: what the function has with `finally` is done, then the process ends."""


def stop(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Stop(128 + number)


def main():
    worker = Worker()
    module = types.ModuleType("pargraph", "What a function may ask of pargraph.")
    module.progress = worker.progress
    sys.modules["pargraph"] = module
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner says when to stop
    try:
        worker.serve()
    except Stop:
        sys.stdout.flush()
        raise


__file__ = "<string>"
main()
