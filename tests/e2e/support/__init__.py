"""What the end-to-end tests share: the daemon as a process, a webhook receiver, the shape of events."""
