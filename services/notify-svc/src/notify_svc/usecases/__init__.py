"""One verb of reminding a file: load, decide, save, emit."""

from notify_svc.usecases.advance_case import advance_case
from notify_svc.usecases.begin_hand_over import begin_hand_over
from notify_svc.usecases.carry_over_case import carry_over_case
from notify_svc.usecases.carry_over_promises import carry_over_promises
from notify_svc.usecases.close_case import close_case
from notify_svc.usecases.end_interrupted_reminders import end_interrupted_reminders
from notify_svc.usecases.end_notice import end_notice
from notify_svc.usecases.gather_digest import gather_digest
from notify_svc.usecases.hear_statement import hear_statement
from notify_svc.usecases.judge_promises import judge_promises
from notify_svc.usecases.log_call import log_call
from notify_svc.usecases.make_promise import make_promise
from notify_svc.usecases.note_case import note_case
from notify_svc.usecases.open_case import open_case
from notify_svc.usecases.plan_call import plan_call
from notify_svc.usecases.plan_items import plan_items
from notify_svc.usecases.plan_statement import plan_statement
from notify_svc.usecases.post_letter import post_letter
from notify_svc.usecases.prepare_reminders import prepare_reminders
from notify_svc.usecases.preview_ladder import preview_ladder
from notify_svc.usecases.preview_template import preview_template
from notify_svc.usecases.record_delivery import record_delivery
from notify_svc.usecases.record_outcomes import record_outcomes
from notify_svc.usecases.resolve_message import resolve_message
from notify_svc.usecases.review_cases import review_cases
from notify_svc.usecases.run_ladder import run_ladder
from notify_svc.usecases.set_collection_policy import set_collection_policy
from notify_svc.usecases.set_contact_policy import set_contact_policy
from notify_svc.usecases.set_ladder import set_ladder
from notify_svc.usecases.set_ladder_policy import set_ladder_policy
from notify_svc.usecases.set_ladder_selection import set_ladder_selection
from notify_svc.usecases.set_template import set_template
from notify_svc.usecases.simulate_ladders import simulate_ladders
from notify_svc.usecases.switch_on_items import switch_on_items
from notify_svc.usecases.switch_on_ladder import switch_on_ladder
from notify_svc.usecases.withdraw_promise import withdraw_promise
from notify_svc.usecases.write_notice import write_notice

__all__ = [
    "advance_case", "begin_hand_over", "carry_over_case", "carry_over_promises", "close_case",
    "end_interrupted_reminders", "end_notice", "gather_digest", "hear_statement", "judge_promises", "log_call",
    "make_promise", "note_case", "open_case", "plan_call", "plan_items", "plan_statement", "post_letter",
    "prepare_reminders",
    "preview_ladder", "preview_template", "record_delivery", "record_outcomes", "resolve_message", "review_cases",
    "run_ladder", "set_collection_policy", "set_contact_policy", "set_ladder", "set_ladder_policy",
    "set_ladder_selection", "set_template", "simulate_ladders", "switch_on_items", "switch_on_ladder",
    "withdraw_promise", "write_notice",
]
