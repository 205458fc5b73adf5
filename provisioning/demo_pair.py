"""The demonstration of the pair: two boxes and a witness, a hospital's data, callers; `make demo-pair`.

While it runs, type what is to happen: kill, freeze, cut or restore a machine, and see who answers.
"""

import argparse
import select
import signal
import sys
import time
from collections.abc import Callable

from provisioning.demo import callers, free_network, interrupt, load_data
from tests.box import BoxError
from tests.ha.whole import BOXES, WITNESS, WholePair

BRIDGE = "hcc-pair"
LOOK_SECONDS = 1.0
HELP = f"""
  kill NAME      pull the plug        freeze NAME    every process stands still
  cut NAME       pull the cables      restore NAME   whatever was done to it: it comes back
  switch         planned switch-over  status         what the pair says of itself
  quit           take everything away
  NAME: {", ".join((*BOXES, WITNESS))}, active, standby
"""


class Stage:
    """The pair, and what was done to it."""

    def __init__(self, pair: WholePair) -> None:
        self._pair = pair
        self._undo: dict[str, Callable[[], None]] = {}
        self.ended = False

    def obey(self, line: str) -> None:
        """One command of a person; what cannot be is told, and nothing else happens."""
        word, _, name = line.strip().lower().partition(" ")
        plain = {"status": self._status, "switch": self._switch, "quit": self._quit, "help": self._help}
        aimed = {"kill": self._kill, "freeze": self._freeze, "cut": self._cut, "restore": self._restore}
        try:
            if word in plain:
                plain[word]()
            elif word in aimed:
                aimed[word](self._named(name.strip()))
            elif word:
                self._help()
        except BoxError as error:
            say(f"! {error}")

    def _named(self, name: str) -> str:
        """Raises BoxError."""
        active = self._pair.active() if name in {"active", "standby"} else ""
        if active:
            return active if name == "active" else self._pair.other(active)
        if name in {*BOXES, WITNESS}:
            return name
        raise BoxError(f"{name or 'nobody'}: one of {', '.join((*BOXES, WITNESS))}, active, standby")

    def _strike(self, name: str, undo: Callable[[], None]) -> None:
        """Raises BoxError when something was done to it already."""
        if name in self._undo:
            raise BoxError(f"{name}: restore it first")
        self._undo[name] = undo

    def _kill(self, name: str) -> None:
        box = self._pair.box(name)
        self._strike(name, box.boot)
        box.power_off()
        say(f"{name} has no power")

    def _freeze(self, name: str) -> None:
        box = self._pair.box(name)
        self._strike(name, box.thaw)
        box.freeze()
        say(f"{name} stands still")

    def _cut(self, name: str) -> None:
        box = self._pair.box(name)
        self._strike(name, box.mend)
        box.cut()
        say(f"{name} is cut off")

    def _restore(self, name: str) -> None:
        undo = self._undo.pop(name, None)
        if undo is None:
            raise BoxError(f"{name}: nothing was done to it")
        undo()
        say(f"{name} is back; it joins again by itself")

    def _switch(self) -> None:
        active = self._pair.active()
        if not active:
            raise BoxError("nobody is active")
        say(self._pair.box(active).run("hcc", "cluster", "switchover", "--force", timeout=90).strip())

    def _status(self) -> None:
        say(self._pair.status() or "no box answers")

    def _quit(self) -> None:
        self.ended = True

    def _help(self) -> None:
        say(HELP)


def say(text: str) -> None:
    for line in text.splitlines():
        print(f"  {line}", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo-pair ARGS=…", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="no callers")
    parser.add_argument("--seconds", type=float, default=0.0, help="end after this time (default: on Ctrl-C)")
    return parser.parse_args()


def run(options: argparse.Namespace) -> None:
    """Boot, join, load, show, obey; everything is taken away at the end, however it ends."""
    started = time.monotonic()
    with WholePair(BRIDGE, str(free_network(BRIDGE)), tell=say) as pair:
        say("two boxes and a witness are booting …")
        pair.boot()
        pair.form()
        pair.serving()
        box = pair.box(pair.active())
        log_ins = load_data(box)
        say(f"\nservice address 服务地址: {pair.url}/   (the browser warns: each box made its certificate itself)\n")
        say(log_ins)
        say(f"\nready after {time.monotonic() - started:.0f} s; about half a minute later the standby has everything")
        say(HELP)
        with callers(box, pair.bridge, quiet=options.quiet, address=pair.service):
            obey_until_end(Stage(pair), pair, options.seconds)
    say("all taken away")


def obey_until_end(stage: Stage, pair: WholePair, seconds: float) -> None:
    """Commands line by line, and word of who is active, until Ctrl-C, `quit` or the end of `seconds`."""
    deadline, active, listens = time.monotonic() + seconds, pair.active(), True
    while not stage.ended and (not seconds or time.monotonic() < deadline):
        readable, _, _ = select.select([sys.stdin] if listens else [], [], [], LOOK_SECONDS)
        if readable:
            line = sys.stdin.readline()
            listens = bool(line)
            stage.obey(line)
        now = pair.active()
        if now != active:
            say(f"active: {now or 'nobody'}")
            active = now


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        run(options)
    except KeyboardInterrupt:
        say("ended, all taken away")
    except BoxError as error:
        print(f"demo-pair: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
