"""The English words of the sample company: its customers' and its call centre's."""

from __future__ import annotations

from tolerance.sample.wording import Manners, Told

INCIDENTS: dict[str, Told] = {
    "delivery_late": Told(
        subjects=(
            "Late delivery - order {order}",
            "Still waiting for my parcel",
            "Delivery delayed again",
            "Order {order} overdue",
        ),
        sentences=(
            ("My order {order} was due {date} and it still hasn't turned up. Tracking says in transit."),
            "The delivery of {my_product} is already {days} days late.",
            "I paid for next-day delivery and I have been waiting {days} days.",
            (
                "I stayed in all morning {date} for nothing, the driver never came and the "
                "delivery has been pushed back again."
            ),
            (
                "Your courier has just moved the delivery date for the second time. The parcel is "
                "sitting in the {city} depot."
            ),
        ),
        notes=(
            "Order {order} {days} days late, stuck at {city} depot",
            "delivery booked {date} did not happen, customer chasing",
            "Courier delay, needs a new date",
        ),
    ),
    "delivery_lost": Told(
        subjects=(
            "Parcel never arrived",
            "Lost parcel, order {order}",
            "Marked as delivered but nothing here",
            "My order is lost",
        ),
        sentences=(
            (
                "Tracking says my parcel was delivered {date} but I have received nothing and none "
                "of the neighbours has it."
            ),
            "Order {order} never arrived. The courier admits they lost the parcel.",
            "My parcel vanished after the {city} depot, no tracking update for {days} days.",
            "The courier closed the search: parcel lost. Please send {my_product} again.",
            "I paid {amount} for order {order} and it was never delivered.",
        ),
        notes=(
            "Parcel {order} shown delivered, customer has nothing. Search opened",
            "parcel lost by courier, wants {the_product} sent again",
            "Never delivered, tracking dead for {days} days",
        ),
    ),
    "product_defect": Told(
        subjects=(
            "Faulty {product}",
            "{product} does not work",
            "Wrong item received",
            "Broken on arrival",
        ),
        sentences=(
            "I received {my_product} {date} and it does not switch on at all.",
            "After {days} days {my_product} stopped working, the light stays red.",
            "You sent me the wrong model, this is not what I ordered (order {order}).",
            "The device arrived broken, the case is cracked and the cable is missing.",
            "{the_product} you sent is faulty, it restarts every ten minutes.",
        ),
        notes=(
            "{product} dead on arrival, exchange needed",
            "{the_product} keeps restarting, fault confirmed with customer",
            "Wrong model received (order {order})",
        ),
    ),
    "service_outage": Told(
        subjects=(
            "No internet since {date}",
            "Service down",
            "Complete outage in {city}",
            "Connection dead",
        ),
        sentences=(
            "I have had no internet since {date}, neither phone nor TV works.",
            "The line has been dead for {days} days and I work from home.",
            "Complete outage in our street in {city}, no service since {date}.",
            "The connection keeps dropping and since yesterday there is nothing at all.",
            "The service is down, {my_product} cannot find the network.",
        ),
        notes=(
            "No service since {date}, line dead, engineer requested",
            "Outage in {city}, no repair time yet",
            "Internet and phone down for {days} days",
        ),
    ),
    "billing_error": Told(
        subjects=(
            "Mistake on my bill",
            "Overcharged in {month}",
            "Charged twice",
            "Wrong amount on invoice",
        ),
        sentences=(
            "My {month} bill is wrong, you charged {amount} too much.",
            "I was charged {amount} twice for the same month.",
            "You are billing me for an option I never ordered, {amount} a month.",
            (
                "The amount on the invoice does not match my plan, there is {amount} for a device "
                "I do not have."
            ),
            "I dispute the {month} invoice, the discount was not applied.",
        ),
        notes=(
            "Double charge of {amount} in {month}",
            "{month} bill wrong, {amount} too much",
            "Billed for an option never ordered",
        ),
    ),
    "refund_missing": Told(
        subjects=(
            "Refund still not received",
            "Where is my refund?",
            "Refund of {amount} outstanding",
            "Credit note never paid",
        ),
        sentences=(
            "I sent {my_product} back {date} and I still have not been refunded.",
            "You promised a refund of {amount} within ten days, nothing on my account.",
            "I have been waiting {days} days for the refund of order {order}.",
            "The return reached you but the {amount} never came back to me.",
            "No sign of the refund you promised in {month}.",
        ),
        notes=(
            "Refund of {amount} promised, not received",
            "refund for order {order} never paid, return is in the warehouse",
            "Waiting for refund for {days} days",
        ),
    ),
    "contract_dispute": Told(
        subjects=(
            "This is not the price we agreed",
            "Price increase not accepted",
            "Disagreement about my contract",
            "Unfair cancellation fee",
        ),
        sentences=(
            ("I was guaranteed a fixed price for two years and now you put it up by {amount}. I refuse."),
            "What your agent sold me on the phone is not what the contract says.",
            "You want a cancellation fee of {amount} although my minimum term is over.",
            "You extended my contract by twelve months without my consent.",
            "The price you apply is not the one in the offer I signed.",
        ),
        notes=(
            "Disputes price increase, says price was fixed for 2 years",
            "Cancellation fee {amount} disputed, says term is over",
            "Contract differs from the offer sold by phone",
        ),
    ),
    "payment_fraud": Told(
        subjects=(
            "Payment I did not make",
            "Fraud on my card",
            "URGENT unknown charge of {amount}",
            "Someone ordered in my name",
        ),
        sentences=(
            "There is a payment of {amount} to you that I never authorised.",
            "Somebody used my card on your site, it was not me.",
            "My account was hacked and {amount} worth of devices went to {city}.",
            "I do not recognise the charge of {past_date}, my bank says it is fraud.",
            "Someone stole my identity to open a line with you.",
        ),
        notes=(
            "Does not recognise a payment of {amount}, card blocked",
            "Fraudulent order on the account, shipped to {city}",
            "Identity theft, line opened in customer's name",
        ),
    ),
    "staff_behaviour": Told(
        subjects=(
            "Rude agent",
            "Unacceptable behaviour of your technician",
            "Complaint about a member of staff",
            "How I was treated in {city}",
        ),
        sentences=(
            "Your agent hung up on me {date}.",
            "The technician was rude to my wife and left without doing anything.",
            "I was treated very badly in your {city} shop, the salesman laughed at me.",
            "The person on the phone was condescending, I do not accept that behaviour.",
            "Your staff called me a liar in front of everyone.",
        ),
        notes=(
            "Complains that a colleague hung up on them",
            "Technician was rude during the visit {date}",
            "Badly treated in the {city} shop, wants an apology",
        ),
    ),
    "privacy_breach": Told(
        subjects=(
            "My personal data",
            "You gave my details away",
            "I can see another customer's data",
            "Data leak?",
        ),
        sentences=(
            "In my account I can see the invoices and address of another person.",
            "You passed my details to a sales company without my consent.",
            "I received someone else's contract by post, bank details included.",
            "My former husband got my new address from your service, this is serious.",
            "My data has leaked: callers quote my contract with you.",
        ),
        notes=(
            "Sees another customer's data in the account",
            "Details passed to a third party without consent, inform DPO",
            "Got another person's contract by post",
        ),
    ),
    "account_access": Told(
        subjects=(
            "Cannot log in",
            "Account locked",
            "Password not accepted",
            "No access to my account",
        ),
        sentences=(
            "I cannot log in to my account any more, the password is refused.",
            "My account is locked after three tries and the text code never comes.",
            "No access to my account since {date}.",
            "The link to reset my password never arrives.",
        ),
        notes=("Account locked, unlocked now", "no text code, cannot log in", "Password refused"),
    ),
    "website_problem": Told(
        subjects=(
            "Your website is down",
            "App keeps crashing",
            "Blank page at checkout",
            "Bug in the app",
        ),
        sentences=(
            "The app crashes as soon as I open it since the update.",
            "Your website shows an error page when I try to pay.",
            "The order page stays blank, I tried two browsers.",
            "The site is very slow and the invoice page never loads.",
        ),
        notes=("App crashes on start", "error 500 at checkout", "Invoice page does not load"),
    ),
    "no_answer": Told(
        subjects=(
            "No reply from you",
            "Nobody answers",
            "45 minutes on hold",
            "Chasing my message",
        ),
        sentences=(
            "I wrote to you {days} days ago and have had no reply.",
            "I was on hold for forty minutes and nobody picked up.",
            "Someone was to call me back {date}, nobody did.",
            "This is my third message, you never answer.",
        ),
        notes=(
            "No reply to message for {days} days",
            "40 min on hold, promised call back not made",
            "Was to be called back {date}",
        ),
    ),
    "other_incident": Told(
        subjects=("Complaint", "Damage after your visit", "Noise from the street cabinet"),
        sentences=(
            "The technician drilled in the wrong place and damaged my wall.",
            "Your van hit my fence {date}.",
            "The cabinet in front of my house in {city} makes an unbearable noise at night.",
            "Your crew left rubble and cables in my garden.",
        ),
        notes=("Wall damaged during installation", "fence hit by company van"),
    ),
}

TOPICS: dict[str, Told] = {
    "opening_hours": Told(
        ("Opening hours", "Open on Saturday?"),
        (
            "Is the {city} shop open on Saturday afternoon?",
            "What are your hours during the holidays?",
        ),
        ("Opening hours {city} shop",),
    ),
    "invoice_copy": Told(
        ("Copy of invoice", "Invoice for {month}"),
        (
            "Could you send me a copy of my {month} invoice?",
            "Where can I find my older bills?",
        ),
        ("Wants copy of {month} invoice",),
    ),
    "change_address": Told(
        ("Change of address", "New address"),
        (
            "I am changing address on {date_short}, what do I need to do?",
            "Please note my new postal address in {city}.",
        ),
        ("Address changed",),
    ),
    "moving_house": Told(
        ("Moving house",),
        (
            "We are moving to {city} next month, can we keep our plan?",
            "Do I need an engineer to move the line to our new flat?",
        ),
        ("Moving to {city}, line transfer booked",),
    ),
    "contract_question": Told(
        ("Question about my contract",),
        (
            "Could you confirm when my minimum term ends?",
            "Is the contract in my name or in both our names?",
        ),
        ("End of minimum term",),
    ),
    "price_question": Told(
        ("Price of the TV option", "Question about an offer"),
        (
            "How much is the TV option on top of my plan?",
            "Is the {amount} offer only for new customers?",
        ),
        ("Price of TV option",),
    ),
    "product_advice": Told(
        ("Which model?", "Advice before buying"),
        (
            "What is the difference between the two cameras?",
            "Will {the_product} work in a flat of 90 m²?",
        ),
        ("Advice on {product}",),
    ),
    "installation_help": Told(
        ("Setting up {the_product}", "Help with set-up"),
        (
            "Which socket do I plug {my_product} into?",
            "{my_product} arrived, thank you. How do I rename the wifi?",
        ),
        ("Set-up help {product}", "sent installation guide"),
    ),
    "delivery_times": Told(
        ("Delivery times",),
        (
            "How long does delivery to Corsica take?",
            "Can I have it delivered to a pick-up point instead?",
        ),
        ("Delivery times asked",),
    ),
    "order_tracking": Told(
        ("Tracking number",),
        (
            "I ordered yesterday, when will I get the tracking number?",
            "Can I still change order {order} before it leaves?",
        ),
        ("Tracking number given",),
    ),
    "refund_policy": Told(
        ("Refund conditions",),
        (
            "If I change my mind, how many days until I am refunded?",
            "Do refunds go to the card or the bank account?",
        ),
        ("Refund conditions explained",),
    ),
    "return_policy": Told(
        ("Returning an item",),
        (
            "How do I get a return label? Nothing wrong with it, I just have two.",
            "Can I bring {the_product} back to a shop?",
        ),
        ("Return label sent",),
    ),
    "payment_methods": Told(
        ("Payment method",),
        ("Can I pay in instalments?", "I changed banks, where do I enter the new account?"),
        ("New bank details, link sent",),
    ),
    "direct_debit_date": Told(
        ("Direct debit date",),
        ("Could the direct debit be on the 10th instead of the 5th?",),
        ("Debit date moved to the 10th",),
    ),
    "loyalty_offer": Told(
        ("Loyalty offer", "Refer a friend"),
        (
            "I have been with you for years, is there an offer for me?",
            "How do I refer my sister?",
        ),
        ("Refer a friend explained",),
    ),
    "cancel_subscription": Told(
        ("Cancellation",),
        (
            "I am moving abroad and would like to stop my plan at the end of the month.",
            "How do I drop the TV option? All was fine, I just don't use it.",
        ),
        ("Cancels TV option",),
    ),
    "warranty_question": Told(
        ("Warranty",),
        ("How long is {the_product} under warranty?", "Does the extension cover breakage?"),
        ("Warranty of {product}",),
    ),
    "password_howto": Told(
        ("Changing my password",),
        ("Where do I change my password?", "How do I turn on two-step login?"),
        ("Walked through password change",),
    ),
    "personal_data_request": Told(
        ("Access request", "Data you hold about me"),
        (
            "I would like a copy of the data you hold about me.",
            "How long do you keep my call records?",
        ),
        ("Access request passed on",),
    ),
    "newsletter_stop": Told(
        ("Unsubscribe",),
        ("Please take me off the advertising list.",),
        ("Unsubscribed from newsletter",),
    ),
    "phishing_question": Told(
        ("Is this message from you?",),
        ("I got a text about a parcel fee, is that really you? I did not click.",),
        ("Odd text message, did not click",),
    ),
    "appointment": Told(
        ("Engineer appointment", "Move my appointment"),
        (
            "I would like to move my appointment of {date_short} by a day.",
            "Does the engineer call before coming?",
        ),
        ("Appointment moved",),
    ),
    "praise": Told(
        ("Thank you!", "Well done"),
        (
            "I wanted to thank the person who helped me {date}, very patient.",
            "Quick delivery, easy set-up, nothing to complain about.",
            "From start to finish it went well, no problem at all.",
            "The engineer who came to {city} was excellent.",
        ),
        ("Says thank you", "happy with the service"),
    ),
    "job_application": Told(
        ("Application", "Internship"),
        ("Please find my application for a customer adviser post.",),
        ("application, sent to jobs page",),
    ),
}

SPAM = Told(
    ("Grow your traffic", "50,000 verified leads", "Office supplies -40%"),
    (
        "Your website deserves the first page. Free call this week.",
        "We offer fresh lead lists delivered within 24 hours.",
        "Toner and paper at the best price until Friday.",
    ),
    ("cold call",),
)

MANNERS = Manners(
    greetings=("Hello,", "Hi,", "Dear Sir or Madam,", "Good morning,", ""),
    openers=(
        "I am writing because I have a problem.",
        "I have been a customer for years.",
        "I am very disappointed.",
        "Sorry to bother you again.",
    ),
    asks=(
        "Please sort this out.",
        "What are you going to do about it?",
        "I expect a solution.",
        "Please keep me informed.",
        "Please call me.",
        "From now on I will put everything in writing.",
    ),
    closings=("Regards,", "Kind regards,", "Best,", "Many thanks,", ""),
    footers=("Sent from my iPhone", "Sent from my mobile", "-- \n{name}\n{phone}"),
    reminders=(
        "Following up, as nothing has happened.",
        "Still the same here.",
        "Any news? Nothing has changed on my side.",
        "From what I can see nobody has looked at this yet.",
    ),
    reminder_notes=("Calls again: ", "chasing, ", "2nd call - ", ""),
    ticket_mentions=(
        "My case number is #{ticket}.",
        "Reference: ticket {ticket}.",
        "This is about ticket {ticket}.",
    ),
    ticket_subjects=(
        "Re: [#{ticket}] {subject}",
        "RE: [#{ticket}] {subject}",
        "ticket {ticket} - {subject}",
        "My ticket {ticket}",
    ),
    thanks=(
        "Thank you for the quick answer, that is perfect.",
        "Noted, thanks.",
        "Great, thanks! One last thing: do you need a document from me?",
        "That works for me. Have a nice day.",
    ),
    agent_answers=(
        (
            "Hello,\n\nWe have received your message and will be back within 48 hours.\n\n"
            "In case of a lost parcel or a wrong bill, just answer this message.\n\nThe Orlane team"
        ),
        (
            "Hello,\n\nYour case is with the right department.\nWe will keep you posted.\n\n"
            "Sophie, Orlane customer care"
        ),
        "Hello,\n\nCould you give us your customer number?\n\nKarim\nOrlane customer care",
    ),
    absences=(
        "Hello,\n\nI am out of the office until {date_short}. I will answer when I am back.\n",
        "Hi, I am on leave and do not read my mail.\n",
    ),
    absence_subjects=("Out of office: {subject}", "Automatic reply: {subject}"),
)
