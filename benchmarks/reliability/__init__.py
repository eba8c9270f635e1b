"""What hostile peers, bad lines and broken games may cost, measured: docs/reliability.md."""
