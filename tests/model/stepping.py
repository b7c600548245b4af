"""A machine of steps: each step is drawn by chance among those that make sense now, with values drawn by chance; those
that are still waited for are drawn more often.

Every run is told by its seed. What a step picks is taken modulo what there is, so any part of a run is a run too: a run
that failed is cut down to few steps before it is shown.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, TypeVar

Draw = Callable[[Random], Any]
Said = tuple[str, dict[str, Any]]
F = TypeVar("F", bound=Callable[..., None])
CUTS = 60
"""So many shorter runs are tried at most."""


def between(least: int, most: int) -> Draw:
    return lambda random: random.randint(least, most)


def among(*values: Any) -> Draw:
    return lambda random: random.choice(values)


def some_of(draw: Draw, most: int) -> Draw:
    """One or more different ones."""
    return lambda random: sorted({draw(random) for _ in range(random.randint(1, most))})


PICK, AMOUNTS, EITHER = between(0, 10_000), between(1, 50_000), among(True, False)
BACK = among(0, 0, 0, *range(40))


def rule(often: float = 2, when: Callable[[Any], object] = lambda _: True, **draws: Draw) -> Callable[[F], F]:
    """A step, so often as its share; `when` says whether it makes sense now."""
    def marked(step: F) -> F:
        vars(step)["drawn"] = often, when, draws
        return step

    return marked


class Machine:
    """Steps are methods under `rule`; `begin`, `after_each` and `end` go up the chain of classes."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def begin(self) -> None:
        """Before the first step."""

    def after_each(self) -> None:
        """After each step."""

    def end(self) -> None:
        """After the last one."""

    def keenness(self, name: str) -> int:
        """How many times as often as its share the step of this name is drawn now."""
        return 1

    def go(self, steps: Iterator[Said]) -> None:
        """Take those of these steps that make sense when it is their turn."""
        self.begin()
        for name, values in steps:
            if not getattr(type(self), name).drawn[1](self):
                continue
            self.said.append((name, values))
            getattr(self, name)(**values)
            self.after_each()
        self.end()

    def drawn(self, random: Random, steps: int) -> Iterator[Said]:
        """So many steps by chance, each as the ones before it left things."""
        rules = [(name, *found.drawn) for name in sorted(dir(type(self)))
                 if hasattr(found := getattr(type(self), name), "drawn")]
        for _ in range(steps):
            able = [(name, often * self.keenness(name), draws) for name, often, when, draws in rules if when(self)]
            ((name, _, draws),) = random.choices(able, [often for _, often, _ in able])
            yield name, {key: draw(random) for key, draw in draws.items()}


def run(kind: type[Machine], seed: str, steps: int) -> None:
    """A run by its seed; one that fails is told by the fewest steps that were found to fail."""
    machine = kind()
    try:
        machine.go(machine.drawn(Random(seed), steps))
    except Exception as failed:
        fewest, error = _cut(kind, machine.said, failed)
        told = "\n".join(f"  {name}({', '.join(f'{k}={v!r}' for k, v in values.items())})" for name, values in fewest)
        error.add_note(f"seed {seed!r}, cut down from {len(machine.said)} steps to these {len(fewest)}:\n{told}")
        raise error from None


def _cut(kind: type[Machine], said: Sequence[Said], failed: Exception) -> tuple[Sequence[Said], Exception]:
    """Leave out ever smaller parts as long as the rest fails too."""
    tries, size = 0, len(said) // 2
    while size and tries < CUTS:
        at = 0
        while at < len(said) and tries < CUTS:
            tries += 1
            shorter = [*said[:at], *said[at + size:]]
            error = _failure(kind, shorter)
            if error is None or type(error) is not type(failed):
                at += size
            else:
                said, failed = shorter, error
        size //= 2
    return said, failed


def _failure(kind: type[Machine], said: Sequence[Said]) -> Exception | None:
    machine = kind()
    try:
        machine.go(iter(said))
    except Exception as failed:
        return failed
    return None
