"""One round of delivery without Celery."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from channels import delivery
from channels.models import Sender
from members import clock


class Command(BaseCommand):
    help = "Deliver what is due at one time at every sender, in this process, after taking back what dead workers held."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=clock.instant, help="ISO 8601 with offset; the time it is otherwise.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or clock.now()
        delivery.recover(now)
        delivery.expire(now)
        for sender in Sender.objects.filter(pk__in=delivery.senders_with_work(now)):
            done = delivery.deliver(sender, now)
            self.stdout.write(f"{sender}: {done}")
