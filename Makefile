# Thin over one command-line tool: `make NAME KEY=value` is `tolerance name --key value`.
