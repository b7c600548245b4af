"""How long a session may be silent while it holds something: a process that was stopped must not hold others up."""

SILENCE_MS = "10000"
"""Of the client, in a transaction or while the server has more to say; the server then ends the session."""


def impatient() -> dict[str, str]:
    """Settings of a session. The second counts where the client takes nothing of a long answer, or is cut off."""
    return {"idle_in_transaction_session_timeout": SILENCE_MS, "tcp_user_timeout": SILENCE_MS}
