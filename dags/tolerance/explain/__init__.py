"""One customer's balance explained to people, from the published file alone: facts, then a page of them."""
