"""Does a text come back to what was told before?

A reminder tells little of its matter: "third mail, still nothing". It names no type that a detector could
know, but it says that there is something already.
"""

from __future__ import annotations

from tolerance.detection.sayings import Sayings

_FRENCH = """
    relance, relances, je relance, nous relancons, rappelle pour, rappelons pour, reviens vers vous,
    revenons vers vous, vous reecris, j insiste, d insister, me repete, deja ecrit, deja appele,
    deja signale, deja contacte, deja telephone, ancien message, dernier message, dernier mail,
    dernier courrier, precedent message, precedent mail, precedent courrier, precedents messages,
    precedents mails, mes messages, mes mails, mes courriers, mes appels, suite a mon mail, suite a
    mon message, suite a mon courrier, suite a mon appel, suite a ma reclamation, suite a notre
    echange, second message, second mail, second courrier, second appel, deuxieme message, deuxieme
    mail, deuxieme courrier, deuxieme appel, 2e message, 2e mail, 2e courrier, 2e appel, 2eme
    message, 2eme mail, 2eme appel, 3e message, 3e mail, 3e appel, troisieme message, troisieme
    mail, troisieme courrier, troisieme appel, quatrieme message, quatrieme mail, quatrieme appel,
    toujours sans reponse, toujours aucune reponse, toujours pas de reponse, toujours pas de retour,
    toujours aucun retour, toujours sans nouvelles, toujours aucune nouvelle, toujours rien, rien n
    a bouge, rien n a change, rien n a evolue, rien ne bouge, rien de nouveau, rien de neuf, du
    nouveau, des nouvelles de, aucun changement, aucune evolution, toujours au point mort, toujours
    au meme point, meme situation, meme probleme, meme souci, meme sujet, meme motif, encore une
    fois
"""
_ENGLISH = """
    following up, follow up, following on from, chasing, chaser, chase up, reminder, writing again,
    write again, calling again, calls again, call again, rang again, rings again, getting back to
    you, coming back to you, any update, any updates, any news, any progress, no update, no news, no
    progress, no change, no further forward, still no reply, still no response, still no answer,
    still no word, still nothing, still waiting for an answer, still waiting for a reply, still
    waiting to hear, still the same, same situation, same problem, same issue, same matter, same
    subject, same reason, nothing has changed, nothing has happened, nothing has moved, nothing
    changed, nothing happened, nothing moved, nobody has looked, nobody looked, previous message,
    previous mail, previous email, previous letter, previous call, last message, last mail, last
    email, last letter, earlier message, earlier mail, earlier email, my messages, my mails, my
    emails, my letters, my calls, further to my, already written, already wrote, already called,
    already rang, already told you, already reported, second message, second mail, second email,
    second letter, second call, 2nd message, 2nd mail, 2nd email, 2nd call, third message, third
    mail, third email, third letter, third call, 3rd message, 3rd mail, 3rd email, 3rd call, fourth
    message, fourth mail, fourth email, fourth call, once again
"""
_SAYINGS = Sayings(_FRENCH, _ENGLISH)
"""What people write who write again."""


def says_again(plain_words: str) -> bool:
    """Whether plain words, separated by blanks and with one at both ends, say that they are not the first."""
    return any(True for _ in _SAYINGS.said_in(plain_words))
