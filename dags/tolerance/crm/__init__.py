"""What is sent to the CRM, and what the CRM returns."""
