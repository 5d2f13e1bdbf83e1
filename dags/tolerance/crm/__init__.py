"""What leaves the house for the CRM, and what comes back."""
