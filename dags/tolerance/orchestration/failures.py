"""What whoever is on call hears, on the channels of TOLERANCE_ON_FAILURE: failed tasks, passed deadlines."""

from __future__ import annotations

from typing import Any

from tolerance import failure_notice, progress
from tolerance.channels import Message, channels
from tolerance.orchestration.notifiers import notifier


def tell_of_failure(context: Any) -> None:
    """The callback of every task: one notice, after the last try."""
    instance, raised = context["ti"], context.get("exception")
    # Airflow itself knows of a killed process alone that it is gone, and says so in a text.
    fault = getattr(raised, "fault", raised) if isinstance(raised, BaseException) else None
    message = failure_notice.notice(
        instance.dag_id, instance.task_id, instance.run_id, instance.try_number, fault
    )
    send(message, context)


def send(message: Message, context: Any) -> None:
    """Send a notice; a channel that does not take it is told in the log and keeps none of the others."""
    for channel in channels(failure_notice.VARIABLE):
        try:
            notifier(channel, message).notify(context)
        except Exception as error:  # whatever a mail server or a hook may raise
            progress.fail(f"The notice was not sent by {channel.kind} ({type(error).__name__}).")
