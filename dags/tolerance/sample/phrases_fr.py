"""The French words of the sample company: its customers' and its call centre's."""

from __future__ import annotations

from tolerance.sample.wording import Manners, Told

INCIDENTS: dict[str, Told] = {
    "delivery_late": Told(
        subjects=(
            "Retard de livraison commande {order}",
            "Toujours pas livré",
            "Livraison en retard",
            "Commande {order} : où en est-on ?",
        ),
        sentences=(
            (
                "Ma commande {order} devait arriver {date} et je ne l'ai toujours pas reçue. "
                "Le suivi indique « en cours d'acheminement »."
            ),
            "La livraison de {my_product} a déjà {days} jours de retard.",
            ("On m'avait promis une livraison en 48 h, cela fait {days} jours que j'attends mon colis."),
            (
                "J'ai posé une matinée pour rien : le livreur n'est pas passé {date}, et la "
                "livraison est encore repoussée."
            ),
            (
                "Votre transporteur vient de décaler la livraison pour la deuxième fois. Le colis "
                "est au dépôt de {city} et n'en bouge pas."
            ),
        ),
        notes=(
            "Cde {order} en retard de {days} j, colis bloqué au dépôt de {city}",
            "livraison prévue {date} non effectuée, client relance",
            "Retard transporteur, nouvelle date à donner",
            "Attend {the_product}, livraison repoussée deux fois",
        ),
    ),
    "delivery_lost": Told(
        subjects=(
            "Colis jamais arrivé",
            "Colis perdu - commande {order}",
            "Commande {order} marquée livrée, rien reçu",
            "Je n'ai jamais reçu mon colis",
        ),
        sentences=(
            (
                "Le suivi dit que mon colis a été livré {date}, mais je n'ai rien reçu et personne "
                "dans l'immeuble ne l'a vu."
            ),
            ("Je n'ai jamais reçu la commande {order}. Le transporteur reconnaît avoir perdu le colis."),
            (
                "Mon colis a disparu entre le dépôt de {city} et chez moi, plus aucun suivi depuis "
                "{days} jours."
            ),
            ("Le transporteur a rendu son enquête : colis égaré. Je veux un nouvel envoi de {my_product}."),
            "Commande {order} payée {amount} et jamais livrée : le colis est déclaré perdu.",
        ),
        notes=(
            "Colis {order} déclaré livré, cliente n'a rien reçu. Enquête ouverte",
            "colis perdu par le transporteur, demande renvoi de {the_product}",
            "Jamais livré, suivi muet depuis {days} j",
            "Cde {order} égarée, veut renvoi",
        ),
    ),
    "product_defect": Told(
        subjects=(
            "{product} en panne",
            "Produit défectueux",
            "Produit non conforme à ma commande",
            "{product} : ne fonctionne plus au bout de {days} jours",
        ),
        sentences=(
            "J'ai reçu {my_product} {date} et elle ne s'allume pas du tout.",
            "Au bout de {days} jours {my_product} est tombée en panne, le voyant reste rouge.",
            (
                "Vous m'avez envoyé le mauvais modèle : ce n'est pas ce que j'avais commandé "
                "(commande {order})."
            ),
            "L'appareil est arrivé cassé, la coque est fendue et il manque le câble.",
            ("{the_product} que vous m'avez livrée est défectueuse, elle redémarre toutes les dix minutes."),
        ),
        notes=(
            "{product} HS au déballage, échange à prévoir",
            "{the_product} redémarre en boucle, tests faits avec le client, défaut confirmé",
            "Reçu mauvais modèle (cde {order})",
            "Appareil arrivé cassé, photos demandées",
        ),
    ),
    "service_outage": Told(
        subjects=(
            "Plus d'internet depuis {date}",
            "Coupure de service",
            "Panne totale à {city}",
            "Connexion coupée",
        ),
        sentences=(
            "Je n'ai plus internet depuis {date}, ni le téléphone ni la télé ne marchent.",
            "La ligne est coupée depuis {days} jours et je travaille à la maison.",
            "Panne complète dans le quartier à {city}, aucun service depuis {date}.",
            "La connexion tombe toutes les heures et depuis hier il n'y a plus rien du tout.",
            "Le service est interrompu, {my_product} ne trouve plus le réseau.",
        ),
        notes=(
            "Plus de service depuis {date}, ligne coupée, technicien demandé",
            "Panne secteur {city}, pas de date de rétablissement",
            "Coupure totale internet + tél depuis {days} j",
            "ligne morte, reset fait sans effet, ticket réseau",
        ),
    ),
    "billing_error": Told(
        subjects=(
            "Erreur sur ma facture",
            "Facture de {month} : montant faux",
            "Prélevé deux fois",
            "Contestation de facture",
        ),
        sentences=(
            "Ma facture de {month} comporte une erreur : {amount} de trop.",
            "J'ai été prélevé deux fois de {amount} pour le même mois.",
            "Vous me facturez une option que je n'ai jamais demandée, {amount} par mois.",
            (
                "Le montant de la facture ne correspond pas à mon abonnement, on me compte "
                "{amount} pour un appareil que je n'ai pas."
            ),
            "Je conteste la facture de {month}, la remise prévue n'a pas été appliquée.",
        ),
        notes=(
            "Double prélèvement de {amount} en {month}",
            "Facture {month} erronée, {amount} de trop, à corriger",
            "Option facturée non souscrite",
            "conteste montant facture, remise oubliée",
        ),
    ),
    "refund_missing": Told(
        subjects=(
            "Remboursement toujours pas reçu",
            "Où est mon remboursement ?",
            "Remboursement de {amount} en attente",
            "Avoir non versé",
        ),
        sentences=(
            "J'ai renvoyé {my_product} {date} et je n'ai toujours pas été remboursé.",
            "Vous m'aviez annoncé un remboursement de {amount} sous dix jours, toujours rien.",
            "Cela fait {days} jours que j'attends le remboursement de la commande {order}.",
            "Le retour est bien arrivé chez vous mais les {amount} ne m'ont jamais été rendus.",
            "Toujours aucune trace de l'avoir que vous m'avez promis en {month}.",
        ),
        notes=(
            "Rbt de {amount} promis, non reçu à ce jour",
            "remboursement cde {order} jamais versé, retour reçu au dépôt",
            "Attend son remboursement depuis {days} j",
            "Avoir de {month} non crédité",
        ),
    ),
    "contract_dispute": Told(
        subjects=(
            "Augmentation de tarif non acceptée",
            "Ce n'est pas le prix convenu",
            "Désaccord sur mon contrat",
            "Frais de résiliation abusifs",
        ),
        sentences=(
            (
                "On m'avait garanti un prix bloqué deux ans et vous augmentez mon abonnement de "
                "{amount}. Je refuse."
            ),
            ("Ce que le conseiller m'a vendu par téléphone n'est pas ce qui est écrit dans le contrat."),
            "Vous me réclamez {amount} de frais de résiliation alors que je ne suis plus engagé.",
            ("Vous avez prolongé mon engagement de douze mois sans mon accord, je conteste ce contrat."),
            "Le tarif appliqué n'est pas celui de l'offre que j'ai signée.",
        ),
        notes=(
            "Conteste hausse de tarif, dit prix garanti 2 ans",
            "Frais de résiliation {amount} contestés, plus d'engagement selon client",
            "Litige sur l'offre vendue par tél, prix différent au contrat",
            "réengagement 12 mois non demandé",
        ),
    ),
    "payment_fraud": Told(
        subjects=(
            "Paiement que je n'ai pas fait",
            "Fraude sur ma carte",
            "URGENT opération inconnue de {amount}",
            "Commande passée à mon nom",
        ),
        sentences=(
            "Je vois un débit de {amount} à votre nom que je n'ai jamais autorisé.",
            "Quelqu'un a passé une commande avec ma carte sur votre site, ce n'est pas moi.",
            "Mon compte a été piraté et on a acheté pour {amount} d'appareils livrés à {city}.",
            "Je ne reconnais pas le paiement du {past_date}, ma banque parle de fraude.",
            "On a usurpé mon identité pour ouvrir une ligne chez vous.",
        ),
        notes=(
            "Ne reconnaît pas un paiement de {amount}, carte opposée",
            "Commande frauduleuse sur son compte, livraison {city}",
            "Usurpation d'identité, ligne ouverte à son nom",
            "suspicion fraude CB, à passer sécurité",
        ),
    ),
    "staff_behaviour": Told(
        subjects=(
            "Accueil inadmissible",
            "Attitude de votre conseiller",
            "Technicien très désagréable",
            "Réclamation sur un vendeur de {city}",
        ),
        sentences=(
            "Votre conseiller m'a raccroché au nez {date}.",
            "Le technicien a été insultant avec mon épouse et il est reparti sans rien faire.",
            "J'ai été très mal reçue à la boutique de {city}, le vendeur s'est moqué de moi.",
            ("La personne au téléphone m'a parlé sur un ton méprisant, je n'accepte pas ce comportement."),
            "On m'a traité de menteur dans votre boutique, devant tout le monde.",
        ),
        notes=(
            "Se plaint d'un collègue qui lui aurait raccroché au nez",
            "Technicien impoli lors du passage {date}",
            "Mauvais accueil boutique {city}, demande excuses",
            "client choqué par le ton d'un conseiller",
        ),
    ),
    "privacy_breach": Told(
        subjects=(
            "Mes données personnelles",
            "Vous avez transmis mes coordonnées",
            "Données d'un autre client dans mon espace",
            "Fuite de données ?",
        ),
        sentences=(
            "Dans mon espace client je vois les factures et l'adresse d'une autre personne.",
            "Vous avez communiqué mes coordonnées à un démarcheur sans mon accord.",
            "J'ai reçu par courrier le contrat d'un autre client, avec son RIB.",
            "Mon ex-conjoint a obtenu ma nouvelle adresse par votre service, c'est très grave.",
            "Mes données ont fuité : on m'appelle en citant mon contrat chez vous.",
        ),
        notes=(
            "Voit les données d'un autre client dans son espace",
            "Coordonnées transmises à un tiers sans accord, à remonter DPO",
            "A reçu le contrat d'une autre personne",
            "possible fuite de données, démarcheur connaît son contrat",
        ),
    ),
    "account_access": Told(
        subjects=(
            "Impossible de me connecter",
            "Compte bloqué",
            "Espace client inaccessible",
            "Mot de passe refusé",
        ),
        sentences=(
            "Je n'arrive plus à me connecter à mon espace client, le mot de passe est refusé.",
            "Mon compte est bloqué après trois essais et je ne reçois pas le code par SMS.",
            "Impossible d'accéder à mon compte depuis {date}.",
            "Le lien pour réinitialiser le mot de passe ne m'arrive jamais.",
        ),
        notes=(
            "Compte verrouillé, déblocage fait",
            "ne reçoit pas le code SMS, accès impossible",
            "Mot de passe refusé, lien renvoyé",
        ),
    ),
    "website_problem": Told(
        subjects=(
            "Votre site ne marche pas",
            "Application qui plante",
            "Page blanche au paiement",
            "Bug sur l'appli",
        ),
        sentences=(
            "L'application se ferme dès que je l'ouvre depuis la mise à jour.",
            "Votre site affiche une page d'erreur quand je veux payer.",
            "La page de commande reste blanche, j'ai essayé avec deux navigateurs.",
            "Le site rame et la rubrique factures tourne sans fin.",
        ),
        notes=(
            "Appli plante à l'ouverture, version à jour",
            "erreur 500 au paiement sur le site",
            "Rubrique factures du site ne charge pas",
        ),
    ),
    "no_answer": Told(
        subjects=(
            "Aucune réponse de votre part",
            "Sans nouvelles",
            "45 minutes d'attente au téléphone",
            "Relance",
        ),
        sentences=(
            "Je vous ai écrit il y a {days} jours et je n'ai eu aucune réponse.",
            "J'ai attendu quarante minutes au téléphone sans que personne ne décroche.",
            "On devait me rappeler {date}, personne ne l'a fait.",
            "C'est mon troisième message, vous ne répondez jamais.",
        ),
        notes=(
            "Sans réponse à son message depuis {days} j",
            "attente 40 min, rappel promis non fait",
            "Devait être rappelé {date}",
        ),
    ),
    "other_incident": Told(
        subjects=(
            "Réclamation",
            "Dégâts après votre passage",
            "Rendez-vous technicien",
            "Bruit de l'armoire de rue",
        ),
        sentences=(
            "Le technicien a percé au mauvais endroit et abîmé mon mur.",
            "Votre camionnette a embouti ma clôture {date}.",
            "L'armoire installée devant chez moi à {city} fait un bruit insupportable la nuit.",
            "Vos équipes ont laissé des gravats et des câbles dans mon jardin.",
        ),
        notes=(
            "Mur abîmé pendant l'installation, demande réparation",
            "clôture emboutie par un véhicule de la société",
            "Bruit de l'armoire de rue, {city}",
        ),
    ),
}

TOPICS: dict[str, Told] = {
    "opening_hours": Told(
        ("Horaires de la boutique", "Ouverture samedi ?"),
        (
            "Pouvez-vous me dire si la boutique de {city} est ouverte le samedi après-midi ?",
            "Quels sont vos horaires pendant les vacances ?",
            "À quelle heure ferme le service client le soir ?",
        ),
        ("Horaires boutique {city}", "demande si ouvert le lundi"),
    ),
    "invoice_copy": Told(
        ("Duplicata de facture", "Copie de facture pour mon employeur", "Facture de {month}"),
        (
            "Pourriez-vous m'envoyer une copie de ma facture de {month} ?",
            "J'ai besoin d'un duplicata pour mon employeur.",
            "Où puis-je trouver mes anciennes factures ?",
        ),
        ("Demande copie facture {month}", "envoi duplicata par mail"),
    ),
    "change_address": Told(
        ("Changement d'adresse", "Nouvelle adresse"),
        (
            "Je change d'adresse au {date_short}, que dois-je faire ?",
            "Merci de noter ma nouvelle adresse postale à {city}.",
        ),
        ("Changement d'adresse fait", "nouvelle adresse {city}"),
    ),
    "moving_house": Told(
        ("Déménagement", "Transfert de ligne"),
        (
            "Je déménage à {city} le mois prochain, mon abonnement peut-il suivre ?",
            "Faut-il un technicien pour transférer la ligne dans mon nouveau logement ?",
        ),
        ("Déménage à {city}, RDV transfert de ligne", "éligibilité nouveau logement"),
    ),
    "contract_question": Told(
        ("Question sur mon contrat", "Date de fin d'engagement"),
        (
            "Pouvez-vous me confirmer la date de fin de mon engagement ?",
            "Mon contrat est-il au nom de mon mari ou aux deux noms ?",
        ),
        ("Date de fin d'engagement", "titulaire du contrat à vérifier"),
    ),
    "price_question": Told(
        ("Tarif", "Question sur une offre"),
        (
            "Combien coûte l'option télé en plus de mon abonnement ?",
            "L'offre à {amount} est-elle réservée aux nouveaux clients ?",
        ),
        ("Prix option télé", "renseignement tarif {the_product}"),
    ),
    "product_advice": Told(
        ("Quel modèle choisir ?", "Conseil avant achat"),
        (
            "Quelle différence entre les deux modèles de caméra ?",
            "Est-ce que {the_product} fonctionne avec un appartement de 90 m² ?",
            "J'hésite entre deux offres pour ma mère, que conseillez-vous ?",
        ),
        ("Conseil achat {product}", "hésite entre deux modèles"),
    ),
    "installation_help": Told(
        ("Installation de {the_product}", "Aide au branchement"),
        (
            "Sur quelle prise dois-je brancher {my_product} ?",
            "J'ai bien reçu {my_product}, merci. Comment changer le nom du wifi ?",
            "Où trouver la notice en français ?",
        ),
        ("Aide branchement {product}", "guide installation envoyé", "renommer le wifi"),
    ),
    "delivery_times": Told(
        ("Délai de livraison", "Livraison en point relais ?"),
        (
            "Quel est le délai de livraison pour la Corse ?",
            "Est-il possible d'être livré en point relais plutôt qu'à domicile ?",
            "Si je commande aujourd'hui, quand serai-je livré ?",
        ),
        ("Délais de livraison", "livraison point relais possible ?"),
    ),
    "order_tracking": Told(
        ("Suivi de commande", "Numéro de suivi"),
        (
            "J'ai commandé hier, à quel moment vais-je recevoir le numéro de suivi ?",
            "Puis-je encore modifier la commande {order} avant son départ ?",
        ),
        ("Numéro de suivi donné", "veut modifier cde {order} avant envoi"),
    ),
    "refund_policy": Told(
        ("Conditions de remboursement", "Rétractation"),
        (
            "Si je change d'avis, sous combien de jours suis-je remboursé ?",
            "Le remboursement se fait-il sur la carte ou par virement ?",
        ),
        ("Conditions de rétractation", "délai légal 14 j expliqué"),
    ),
    "return_policy": Told(
        ("Retour d'un article", "Bon de retour"),
        (
            "Comment obtenir une étiquette de retour ? L'article va très bien, c'est un doublon.",
            "Puis-je rapporter {the_product} en boutique ?",
        ),
        ("Étiquette de retour envoyée", "retour en boutique OK"),
    ),
    "payment_methods": Told(
        ("Moyen de paiement", "Changement de RIB"),
        (
            "Puis-je payer en plusieurs fois ?",
            "J'ai changé de banque, où enregistrer mon nouveau RIB ?",
        ),
        ("Nouveau RIB, lien envoyé", "paiement en 3 fois"),
    ),
    "direct_debit_date": Told(
        ("Date de prélèvement",),
        (
            "Est-il possible d'être prélevé le 10 au lieu du 5 ?",
            "À quelle date passe le prochain prélèvement ?",
        ),
        ("Date de prélèvement passée au 10", "date prochain prélèvement"),
    ),
    "loyalty_offer": Told(
        ("Offre de fidélité", "Parrainage"),
        (
            "Je suis client depuis longtemps, avez-vous une offre pour moi ?",
            "Comment parrainer ma sœur ?",
        ),
        ("Parrainage expliqué", "demande geste fidélité"),
    ),
    "cancel_subscription": Told(
        ("Résiliation", "Arrêt d'une option"),
        (
            "Je pars à l'étranger et souhaite arrêter mon abonnement à la fin du mois.",
            "Comment résilier l'option télé ? Tout allait bien, je ne m'en sers pas.",
        ),
        ("Résiliation option télé", "part à l'étranger, procédure donnée"),
    ),
    "warranty_question": Told(
        ("Garantie", "Extension de garantie"),
        (
            "Combien de temps {the_product} est-elle garantie ?",
            "L'extension de garantie couvre-t-elle la casse ?",
        ),
        ("Durée garantie {product}", "extension de garantie : infos"),
    ),
    "password_howto": Told(
        ("Changer mon mot de passe", "Double authentification"),
        (
            "Où change-t-on le mot de passe dans l'espace client ?",
            "Comment activer la double authentification ?",
        ),
        ("Changement mot de passe guidé", "activation double authentification"),
    ),
    "personal_data_request": Told(
        ("Droit d'accès", "Mes données"),
        (
            "Je souhaite recevoir une copie des données que vous avez sur moi.",
            "Combien de temps gardez-vous mes relevés d'appels ?",
        ),
        ("Demande d'accès RGPD transmise",),
    ),
    "newsletter_stop": Told(
        ("Désinscription", "Newsletter"),
        (
            "Merci de me retirer de la liste de diffusion publicitaire.",
            "Je ne souhaite plus recevoir vos offres par SMS.",
        ),
        ("Désinscription newsletter",),
    ),
    "phishing_question": Told(
        ("Ce mail vient-il de vous ?",),
        (
            "J'ai reçu un SMS qui parle d'un colis à payer, est-ce bien vous ? Je n'ai pas cliqué.",
            "Est-ce bien votre numéro qui m'a appelé ce matin ?",
        ),
        ("SMS douteux, n'a pas cliqué, rassuré",),
    ),
    "appointment": Told(
        ("Rendez-vous technicien", "Déplacer mon rendez-vous"),
        (
            "Je voudrais déplacer mon rendez-vous du {date_short} au lendemain.",
            "Le technicien appelle-t-il avant de venir ?",
        ),
        ("RDV déplacé", "confirme RDV technicien"),
    ),
    "praise": Told(
        ("Merci !", "Bravo à vos équipes", "Très satisfait"),
        (
            "Je tenais à remercier la personne qui m'a aidé {date}, très patiente et efficace.",
            "Livraison rapide, installation simple, rien à redire.",
            "Le technicien venu à {city} a été parfait, merci à lui.",
            "Aucun problème depuis un an, continuez comme ça.",
        ),
        ("Remercie pour le dépannage d'hier", "content du service, rien à signaler"),
    ),
    "job_application": Told(
        ("Candidature spontanée", "Stage"),
        (
            "Je me permets de vous adresser ma candidature pour un poste de conseiller.",
            "Cherchez-vous des stagiaires à {city} cet été ?",
        ),
        ("candidature, renvoyé vers le site emploi",),
    ),
}

SPAM = Told(
    (
        "Boostez votre référencement",
        "Offre fournitures de bureau -40 %",
        "Fichier de 50 000 contacts qualifiés",
    ),
    (
        "Votre site mérite d'être en première page. Rendez-vous offert cette semaine.",
        "Profitez de nos prix sur le papier et les cartouches jusqu'à vendredi.",
        "Nous proposons des fichiers de prospection à jour, livrés en 24 h.",
    ),
    ("démarchage",),
)

MANNERS = Manners(
    greetings=("Bonjour,", "Bonjour,", "Madame, Monsieur,", "Bonsoir,", "Bonjour Madame,", ""),
    openers=(
        "Je vous écris car j'ai un souci.",
        "Je suis client depuis plusieurs années.",
        "Je suis très mécontent.",
        "C'est la première fois que j'écris à un service client.",
        "Désolé de vous déranger encore.",
    ),
    asks=(
        "Merci de faire le nécessaire rapidement.",
        "Que comptez-vous faire ?",
        "J'attends une solution.",
        "Pouvez-vous me tenir au courant ?",
        "Merci de me rappeler.",
        "Sans retour de votre part je m'adresserai au médiateur.",
    ),
    closings=("Cordialement,", "Bien à vous,", "Salutations,", "Merci d'avance,", "Cdlt", ""),
    footers=("Envoyé de mon iPhone", "Envoyé depuis mon mobile", "-- \n{name}\n{phone}"),
    reminders=(
        "Je reviens vers vous car rien n'a bougé.",
        "Toujours la même situation de mon côté.",
        "Je me permets d'insister.",
        "Du nouveau ? Pour ma part rien n'a changé.",
    ),
    reminder_notes=("Rappelle pour le même sujet : ", "relance, ", "2e appel - ", ""),
    ticket_mentions=(
        "Mon dossier porte le numéro #{ticket}.",
        "Référence : ticket {ticket}.",
        "C'est au sujet du ticket n° {ticket}.",
    ),
    ticket_subjects=(
        "Re: [#{ticket}] {subject}",
        "RE : [#{ticket}] {subject}",
        "ticket {ticket} - {subject}",
        "Suite à mon ticket {ticket}",
    ),
    thanks=(
        "Merci beaucoup pour votre réponse rapide, c'est parfait.",
        "C'est noté, merci.",
        "Merci ! Une dernière question : faut-il que je vous envoie un justificatif ?",
        "Super, je ferai comme ça. Bonne journée.",
    ),
    agent_answers=(
        (
            "Bonjour,\n\nNous avons bien reçu votre demande, réponse sous 48 heures.\n\n"
            "En cas de colis perdu ou de facture erronée, répondez simplement à ce message.\n\n"
            "L'équipe Orlane"
        ),
        (
            "Bonjour,\n\nVotre dossier est entre les mains du service concerné.\n"
            "Un conseiller vous tiendra informé.\n\nSophie, service client Orlane"
        ),
        "Bonjour,\n\nMerci de préciser votre numéro de client.\n\nKarim\nService client Orlane",
    ),
    absences=(
        "Bonjour,\n\nJe suis absent jusqu'au {date_short}. Je répondrai à mon retour.\n",
        "Bonjour, actuellement en congés, je n'ai pas accès à ma messagerie.\n",
    ),
    absence_subjects=("Absence du bureau : {subject}", "Réponse automatique : {subject}"),
)
