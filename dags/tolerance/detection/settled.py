"""Does a text say that its matter is over?

A mail of thanks often bears the ticket's subject, "Parcel lost", and says below that it came. The words of
the subject weigh as much as those of the mail, so the model takes it for an incident.
"""

from __future__ import annotations

from tolerance.detection.sayings import Sayings

_FRENCH = """
    c est regle, c est resolu, c est repare, c est arrange, est desormais regle, est desormais
    resolu, tout est regle, tout est resolu, tout est repare, tout est arrange, tout est rentre,
    rentre dans l ordre, rentree dans l ordre, tout fonctionne, ca remarche, ca refonctionne, tout
    remarche, remarche parfaitement, fonctionne a nouveau, fonctionne de nouveau, probleme resolu,
    probleme regle, souci regle, souci resolu, incident clos, ete regle, ete resolu, ete repare,
    vous pouvez fermer, vous pouvez cloturer, vous pouvez clore, dossier clos, dossier solde,
    dossier regle, affaire reglee, affaire close, merci pour votre reactivite, merci pour votre
    efficacite, merci de votre reactivite, merci de votre efficacite, merci d avoir regle, merci d
    avoir resolu, plus rien a signaler, rien a redire
"""
_ENGLISH = """
    all sorted, it s sorted, is sorted, sorted now, sorted thanks, now sorted, been sorted, got
    sorted, all fixed, is fixed, fixed now, fixed thanks, now fixed, been fixed, all mended, all
    resolved, is resolved, now resolved, been resolved, working again, works again, working fine
    now, works fine now, working a treat, working perfectly now, back to normal, case closed, case
    is closed, you can close, you may close, matter closed, matter is closed, problem solved, issue
    solved, all good now, thanks for fixing, thanks for sorting, thanks for resolving, thank you for
    fixing, thank you for sorting, thank you for resolving, cheers for sorting, cheers for fixing,
    nothing more to add
"""
_SAYINGS = Sayings(_FRENCH, _ENGLISH)

_NOT_SAID = (
    *(" pas", " plus", " jamais", " si", " non", " quand", " avant que"),
    *(" dit que", " dites que", " disant que"),
    *(" not", " never", " if", " until", " unless", " when"),
    *(" say", " said", " saying", " told me", " claim"),
)
"""Behind these words a saying is denied, supposed, or somebody else's."""

_YET = tuple(
    f" {word} "
    for word in ("mais", "pourtant", "sauf", "cependant", "puis", "but", "however", "except", "yet", "then")
)
"""In front of these words nothing is over."""


def told_after(plain_words: str) -> str | None:
    """What stands behind the last saying that the matter is over; None where none says so.

    `plain_words` are separated by blanks, with one at both ends.
    """
    rests = []
    for saying in _SAYINGS.said_in(plain_words):
        before, _, after = plain_words.partition(saying)
        if not before.endswith(_NOT_SAID) and not any(word in f" {after}" for word in _YET):
            rests.append(after)
    return min(rests, key=len, default=None)
