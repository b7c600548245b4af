"""Interleaved rounds: each server in turn, again and again, so that a noisy minute falls on all of them alike."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.load import Loaded, as_fast_as_it_answers, written
from bench.processes import Share, machine_seconds
from bench.report import Aim, Report, Spread, per_request, progress, under
from bench.stage import Server, Stage

Requests = Callable[[int], Iterator[bytes]]
"""Makes so many requests that nobody has sent yet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often; `most` requests a second are got ready for each round."""

    seconds: int
    rounds: int
    warm_up: int
    most: int

    @classmethod
    def of(cls, *, quick: bool, most: int = 1500, rounds: int = 9) -> "Plan":
        """Many short rounds rather than few long ones: what else the machine does falls on all servers alike."""
        return cls(1, 1, 0, most) if quick else cls(2, rounds, 4, most)


@dataclass(frozen=True, slots=True)
class Round:
    """One run of one server: what the load saw, and core seconds of server, database and everybody else."""

    loaded: Loaded
    burnt: dict[str, float]

    @property
    def cost(self) -> float:
        """Core seconds of server and database per request: what others do on the machine hardly moves it."""
        return (self.burnt["server"] + self.burnt["database"]) / self.loaded.count


def run(stage: Stage, server: Server, requests: Requests, seconds: int, most: int) -> Round:
    """Load one server for so long, half of the connections on each of its processes."""
    files = [written(stage.folder / f"requests-{at}", requests(int(most * seconds / len(server.ports)) + 50))
             for at in range(len(server.ports))]
    shares = {"server": server.share, "database": stage.database_share}
    before, busy = {name: share.cpu_seconds() for name, share in shares.items()}, machine_seconds()
    loaded = as_fast_as_it_answers(files, server.ports, seconds)
    burnt = {name: share.cpu_seconds() - before[name] for name, share in shares.items()}
    burnt["load"] = loaded.load_cores * loaded.seconds
    burnt["others"] = machine_seconds() - busy - sum(burnt.values())
    if loaded.broken or loaded.refused:
        raise RuntimeError(f"{server.name}: {loaded.refused} of {loaded.count} refused, {loaded.broken} broken")
    return Round(loaded, burnt)


def interleaved(stage: Stage, servers: Sequence[Server], requests: Requests, plan: Plan) -> dict[str, list[Round]]:
    """Warm each up where there is time for it, then rounds in an order that turns."""
    for server in servers if plan.warm_up else ():
        run(stage, server, requests, plan.warm_up, plan.most)
    seen: dict[str, list[Round]] = {server.name: [] for server in servers}
    for number in range(plan.rounds):
        turn = number % len(servers)
        for server in (*servers[turn:], *servers[:turn]):
            seen[server.name].append(run(stage, server, requests, plan.seconds, plan.most))
            progress(f"round {number + 1}: {server.name} {seen[server.name][-1].loaded.rate:.0f}/s")
    return seen


def report_against_limits(
    report: Report, bench: str, seen: dict[str, list[Round]], aims: dict[str, Aim | None], rate_aim: Aim | None = None,
) -> None:
    """Rates and latencies of each server, then the ratio of ours to each limit, round by round."""
    for name, rounds in seen.items():
        report.figure(bench, f"{name}: rate", Spread([one.loaded.rate for one in rounds]), "/s",
                      rate_aim if name == "dunlin" else None)
        report.figure(bench, f"{name}: p99", Spread([one.loaded.p99_ms for one in rounds]), "ms")
        count = sum(one.loaded.count for one in rounds)
        burnt = {part: sum(one.burnt[part] for one in rounds) for part in rounds[0].burnt}
        seconds = sum(one.loaded.seconds for one in rounds)
        report.line(bench, f"{name}: core microseconds per request", **per_request(burnt, count))
        report.line(bench, f"{name}: cores burnt", **{part: round(burnt[part] / seconds, 2) for part in burnt})
    for limit, aim in aims.items():
        pairs = list(zip(seen["dunlin"], seen[limit], strict=True))
        report.figure(bench, f"dunlin of {limit}", Spread([a.loaded.rate / b.loaded.rate for a, b in pairs]), "x", aim)
        report.figure(bench, f"dunlin of {limit}, by core time", Spread([b.cost / a.cost for a, b in pairs]), "x")


def report_memory(report: Report, bench: str, server: Server) -> None:
    """Resident memory of each process of a server after all that load."""
    held = [Share([one.pid]).resident_bytes() / 1e6 for one in server.processes]
    report.figure(bench, f"{server.name}: memory of a process afterwards", Spread(held), "MB", under(150))
