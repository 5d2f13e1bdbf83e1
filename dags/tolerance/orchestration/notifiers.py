"""Airflow's own notifiers for the channels of a company."""

from __future__ import annotations

from typing import Any

from tolerance.channels import Channel, Message


def notifier(channel: Channel, message: Message) -> Any:
    """Airflow's own notifier of a channel; imported here, because most runs need none."""
    if channel.kind == "mail":
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        return SmtpNotifier(to=channel.target, subject=message.subject, html_content=message.html)
    if channel.kind == "slack":
        from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

        return SlackWebhookNotifier(slack_webhook_conn_id=channel.target, text=message.text)
    from airflow.providers.http.notifications.http import HttpNotifier

    return HttpNotifier(http_conn_id=channel.target, json={"subject": message.subject, "text": message.text})
