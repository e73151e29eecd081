"""The functions of the examples, as the programs have them that they stand for."""
import time


def add(a, b, pause):
    """Callable(a, b)"""
    time.sleep(pause)
    return a + b


class Callable:
    """What was derived from threading.Thread."""

    def __init__(self, a, b, pause):
        self.a = a
        self.b = b
        self.pause = pause

    def run(self):
        time.sleep(self.pause)
        return self.a + self.b


def run(*args, **kwargs):
    return Callable(*args, **kwargs).run()


def square(x, pause=0):
    time.sleep(pause)
    return x * x


starts = 0


def initializer(exponent, names):
    """What each worker of pool-initializer.yml does before its first call."""
    global starts, initargs
    starts += 1
    initargs = exponent, names


def power(x):
    return x ** initargs[0]


def state():
    return [starts, *initargs]
