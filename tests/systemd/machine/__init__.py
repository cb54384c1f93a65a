"""What the tests that boot a real systemd share: a root of Debian, containers of it, the service in one of them."""
