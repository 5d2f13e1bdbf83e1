"""What only the whole shows: one suite of Great Expectations for each extract, one for the alert list."""
