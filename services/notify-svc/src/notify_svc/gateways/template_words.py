"""What a template may say: the fields of a letter, its lines and totals, some filters; no call, no other attribute."""

from collections.abc import Iterator

from jinja2 import Environment, TemplateError, nodes

from dunlin_kernel.errors import RuleBroken

FIELDS = frozenset({"sender", "recipient", "on", "lines", "totals"})
LINE_FIELDS = frozenset({"number", "due_on", "amount", "days_overdue"})
FILTERS = frozenset({"money", "day", "join", "map", "column", "right"})
LOOPED = frozenset({"lines", "totals"})
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not)


def check_words(environment: Environment, *texts: str) -> None:
    """Refuses: bad_template for what cannot be read, and for any word beyond those of a letter."""
    for text in texts:
        try:
            tree = environment.parse(text)
        except TemplateError as failed:
            line = getattr(failed, "lineno", 0)
            raise RuleBroken("bad_template", "The template cannot be read.", line=line) from None
        for node in _walked(tree, looping=False, names=FIELDS):
            raise RuleBroken("bad_template", "A template names the fields of a letter, and nothing else.",
                             line=getattr(node, "lineno", 0))


def _walked(node: nodes.Node, *, looping: bool, names: frozenset[str]) -> Iterator[nodes.Node]:
    """Every part that is not allowed where it stands. Loops go over lines or totals and are not nested."""
    if isinstance(node, nodes.For):
        good = (not looping and isinstance(node.iter, nodes.Name) and node.iter.name in LOOPED
                and isinstance(node.target, nodes.Name) and node.test is None and not node.recursive)
        if not good:
            yield node
            return
        assert isinstance(node.target, nodes.Name)
        for child in (*node.body, *node.else_):
            yield from _walked(child, looping=True, names=names | {node.target.name})
        return
    if not _allowed(node, names):
        yield node
        return
    for child in node.iter_child_nodes():
        yield from _walked(child, looping=looping, names=names)


def _allowed(node: nodes.Node, names: frozenset[str]) -> bool:
    if isinstance(node, nodes.Name):
        return node.name in names
    if isinstance(node, nodes.Getattr):
        return node.attr in LINE_FIELDS and isinstance(node.node, nodes.Name) and node.node.name not in FIELDS
    if isinstance(node, nodes.Filter):
        mapped = [arg for arg in node.args if node.name == "map"]
        known = all(isinstance(arg, nodes.Const) and arg.value in FILTERS for arg in mapped)
        return node.name in FILTERS and not node.kwargs and node.node is not None and known
    return isinstance(node, _PLAIN)
