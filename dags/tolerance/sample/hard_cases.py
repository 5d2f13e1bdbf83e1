"""Cases in which it is hard to say which contacts tell of one incident, planted and written to the truth.

| kind | what happens | the truth |
|---|---|---|
| two_problems_in_a_week | one customer, two types, a few days apart | two incidents |
| two_tickets_of_one_type | one customer opens two tickets of one type in a week | two incidents |
| reply_to_old_thread | a mail answers an old thread and tells of a new problem | two incidents |
| forwarded_mail | a customer forwards another customer's mail | no incident of the one who forwards |
| two_problems_in_a_mail | one mail tells of two problems | one contact, of the first |
| one_problem_two_names | a call says late, the mail about the same parcel says lost | one incident |
| reused_message_id | a web form gives all its mails one Message-ID | three incidents of two customers |
| number_as_written | a mail in no thread names its ticket as people do ("[SAV-4719]") | one incident |
| references_first_foreign | a mail's References begin with an id that is not the thread's | one incident |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tolerance.sample.company import Person
from tolerance.sample.contacts import Contact, of_incident
from tolerance.sample.incidents import Incident, Types
from tolerance.sample.moments import business_date, moment
from tolerance.sample.phrases import facts_of

_UNLIKE = (
    ("product_defect", "billing_error"),
    ("service_outage", "staff_behaviour"),
    ("delivery_lost", "privacy_breach"),
    ("website_problem", "contract_dispute"),
    ("billing_error", "service_outage"),
    ("delivery_late", "account_access"),
)
_NAMED_EITHER_WAY = (
    ("delivery_late", "delivery_lost"),
    ("website_problem", "account_access"),
    ("billing_error", "refund_missing"),
)
_OF_ONE_TYPE = ("product_defect", "billing_error", "delivery_late", "service_outage", "website_problem")


@dataclass(frozen=True, slots=True)
class HardCase:
    """The contacts that make one case."""

    kind: str
    contacts: tuple[Contact, ...]


@dataclass(slots=True)
class Scene:
    """A case as it is staged: incidents with their contacts, other contacts, and all that belong to it."""

    incidents: list[tuple[Incident, list[Contact]]] = field(default_factory=list)
    others: list[Contact] = field(default_factory=list)

    @property
    def told(self) -> list[Contact]:
        """All contacts of the case."""
        return [c for _, contacts in self.incidents for c in contacts] + self.others


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scene is made with: the month it happens in, its people, and chance."""

    rng: Random
    people: tuple[Person, Person]
    begin: date
    until: date
    types: Types

    def unlike(self) -> tuple[str, str]:
        """Two types that no reader takes for one."""
        return self.rng.choice(_UNLIKE)

    def tell(
        self,
        scene: Scene,
        who: int,
        incident_type: str,
        day: int,
        way: tuple[str, ...],
        *,
        again: bool = False,
    ) -> list[Contact]:
        """One incident `day` days into the month, in this way; no contact when it cannot happen."""
        person, on = self.people[who], self.begin + timedelta(days=day)
        if not self.types.take(person, incident_type, on) and not again:
            return []
        incident = Incident(person, incident_type, on, way=way)
        contacts = of_incident(self.rng, incident, self.until)
        scene.incidents.append((incident, contacts))
        return contacts if len(contacts) == len(way) else []


def scene_of(kind: str, stage: Stage) -> Scene | None:
    """The scene of a kind; None when the people's past forbids it."""
    scene = Scene()
    return scene if KINDS[kind](stage, scene) else None


def _two_problems(stage: Stage, scene: Scene) -> bool:
    one, other = stage.unlike()
    day = stage.rng.randint(1, 20)
    later = day + stage.rng.randint(1, 4)
    ways = (("mail",), ("faq",), ("tickets",))
    first = stage.tell(scene, 0, one, day, stage.rng.choice(ways))
    return bool(first and stage.tell(scene, 0, other, later, stage.rng.choice(ways)))


def _two_tickets(stage: Stage, scene: Scene) -> bool:
    incident_type, day = stage.rng.choice(_OF_ONE_TYPE), stage.rng.randint(1, 20)
    first = stage.tell(scene, 0, incident_type, day, ("tickets",))
    later = day + stage.rng.randint(1, 5)
    return bool(first and stage.tell(scene, 0, incident_type, later, ("tickets",), again=True))


def _reply_to_old_thread(stage: Stage, scene: Scene) -> bool:
    old, new = stage.unlike()
    first = stage.tell(scene, 0, old, stage.rng.randint(0, 4), ("mail",))
    second = first and stage.tell(scene, 0, new, stage.rng.randint(15, 26), ("mail",))
    if not second:
        return False
    second[0].earlier = first[0]
    return True


def _forwarded(stage: Stage, scene: Scene) -> bool:
    told = stage.tell(scene, 0, stage.unlike()[0], stage.rng.randint(1, 20), ("mail",))
    if not told:
        return False
    on = business_date(told[0].at) + timedelta(days=stage.rng.randint(1, 3))
    other = stage.people[1]
    scene.others.append(
        Contact(
            "mail",
            moment(stage.rng, on, "mail"),
            other,
            told[0].matter,
            facts_of(stage.rng, other, on),
            kind="forwarded",
            earlier=told[0],
        )
    )
    return on <= stage.until


def _two_problems_in_a_mail(stage: Stage, scene: Scene) -> bool:
    one, other = stage.unlike()
    told = stage.tell(scene, 0, one, stage.rng.randint(1, 20), ("mail",))
    if not told:
        return False
    told[0].second_matter = other
    return True


def _one_problem_two_names(stage: Stage, scene: Scene) -> bool:
    one, other = stage.rng.choice(_NAMED_EITHER_WAY)
    told = stage.tell(scene, 0, one, stage.rng.randint(1, 20), ("faq", "mail"))
    if not told:
        return False
    told[1].matter = other
    return True


def _reused_message_id(stage: Stage, scene: Scene) -> bool:
    one, other = stage.unlike()
    day = stage.rng.randint(0, 6)
    told = stage.tell(scene, 0, one, day, ("mail",))
    told = told and told + stage.tell(scene, 1, one, day + stage.rng.randint(0, 5), ("mail",))
    told = told and told + stage.tell(scene, 0, other, day + stage.rng.randint(10, 20), ("mail",))
    for contact in told:
        contact.native_id = f"contact-{stage.begin:%Y%m}@webform.example"
    return len(told) == 3  # noqa: PLR2004


def _number_as_written(stage: Stage, scene: Scene) -> bool:
    told = stage.tell(scene, 0, stage.unlike()[0], stage.rng.randint(1, 20), ("tickets", "mail"))
    if not told:
        return False
    told[1].earlier, told[1].twist = told[0], "number_as_written"
    return True


def _references_first_foreign(stage: Stage, scene: Scene) -> bool:
    told = stage.tell(scene, 0, stage.unlike()[1], stage.rng.randint(1, 20), ("mail", "mail"))
    if not told:
        return False
    told[1].earlier, told[1].twist = told[0], "references_first_foreign"
    return True


KINDS: dict[str, Callable[[Stage, Scene], bool]] = {
    "two_problems_in_a_week": _two_problems,
    "two_tickets_of_one_type": _two_tickets,
    "reply_to_old_thread": _reply_to_old_thread,
    "forwarded_mail": _forwarded,
    "two_problems_in_a_mail": _two_problems_in_a_mail,
    "one_problem_two_names": _one_problem_two_names,
    "reused_message_id": _reused_message_id,
    "number_as_written": _number_as_written,
    "references_first_foreign": _references_first_foreign,
}
"""How each kind is staged."""
