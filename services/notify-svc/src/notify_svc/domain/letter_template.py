"""A template of a tenant's own: a one-line subject and a body, in a language that can only name what is there."""

from dataclasses import dataclass

from dunlin_kernel.errors import RuleBroken
from notify_svc.domain.ladder import LetterTone
from notify_svc.domain.letter import LetterLanguage

MAX_SUBJECT, MAX_BODY = 300, 10_000


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """How letters of one language and tone read, in one version; 0 is the one that every tenant begins with.

    Refuses: bad_template.
    """

    language: LetterLanguage
    tone: LetterTone
    version: int
    subject: str
    body: str

    def __post_init__(self) -> None:
        if not self.subject.strip() or "\n" in self.subject or len(self.subject) > MAX_SUBJECT:
            raise RuleBroken("bad_template", f"A subject is one line of at most {MAX_SUBJECT} characters.")
        if not self.body.strip() or len(self.body) > MAX_BODY:
            raise RuleBroken("bad_template", f"A body has between 1 and {MAX_BODY} characters.")
