"""Write down what is due for a customer on one channel: a mail to hand over, or a letter for the print queue."""

from datetime import datetime
from typing import NamedTuple

from dunlin_kernel.frozen import replace
from dunlin_kit.transaction import Transaction
from notify_svc.domain.judging import DueLevel, Reason, judge
from notify_svc.domain.ladder import BY_PERSONS, LevelChannel
from notify_svc.domain.letter import Letter
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways import letters
from notify_svc.gateways.letters import Rendered
from notify_svc.gateways.sender import Mail
from notify_svc.store import messages
from notify_svc.usecases.count_as_reminded import count_as_reminded
from notify_svc.usecases.known_of_slice import KnownOfSlice
from notify_svc.usecases.tell_suppressed import tell_suppressed
from notify_svc.usecases.write_message import Judging, write_message


class Written(NamedTuple):
    """The mail to hand over, if one leaves by a sender; until when something waits for the end of quiet hours."""

    mail: Mail | None
    postponed_until: datetime | None


NOTHING = Written(None, None)


def write_on_channel(
    tx: Transaction, command: Judging, channel: LevelChannel, due: list[DueLevel], known: KnownOfSlice,
) -> Written:
    """Judge these levels, which share the channel; only after the customer's lock."""
    moment, reach = command.moment, command.looks.reach_on(channel)
    quiet_ends = None if channel in BY_PERSONS else known.sparing.quiet_ends(reach.zone or moment.zone, moment.now)
    standing = known.standing(command.customer_id, due, quiet=quiet_ends is not None)
    verdict = judge(due, command.looks.account, reach, moment.today, standing)
    fresh = tuple(s for s in verdict.suppress if (s.item.id, s.level, s.reason.value) not in known.suppressed)
    message = write_message(command, verdict, fresh, channel)
    if message is None:
        return NOTHING
    if channel is LevelChannel.LETTER and verdict.remind:
        message = replace(message, status=MessageStatus.TO_PRINT)
    messages.add(tx, message)
    tell_suppressed(tx, message, fresh, quiet_ends=quiet_ends)
    postponed = quiet_ends if any(one.reason is Reason.QUIET_HOURS for one in fresh) else None
    if not verdict.remind or reach.contact is None:
        return Written(None, postponed)
    letter = Letter.of(verdict, reach.contact, command.policy, sender_name=moment.name, on=moment.today)
    rendered = _rendered(letter, channel, known)
    messages.add_content(tx, message, messages.Content(reach.contact.at, rendered.subject, rendered.body))
    if channel is LevelChannel.LETTER:
        count_as_reminded(tx, command, verdict)
        return Written(None, postponed)
    return Written(Mail(message.id, reach.contact.at, rendered.subject, rendered.body, channel), postponed)


def _rendered(letter: Letter, channel: LevelChannel, known: KnownOfSlice) -> Rendered:
    if channel is LevelChannel.SMS:
        return letters.render_short(letter)
    return letters.render_or_usual(letter, known.templates.get((letter.language, letter.tone)))
