"""A name server of a few lines: A records over UDP, every other question answered with nothing."""

import socket
import struct
import threading


class Names:
    """`known`: names and their addresses. `asked`: names it was asked for."""

    def __init__(self, address, known):
        self.known = known
        self.asked = set()
        self.closing = threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        """The address is free when it comes back."""
        self.closing.set()
        self.thread.join()
        self.socket.close()

    def _serve(self):
        self.socket.settimeout(0.1)
        while not self.closing.is_set():
            try:
                question, asker = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.socket.sendto(self._answer(question), asker)

    def _answer(self, packet):
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        name = ".".join(labels).lower()
        self.asked.add(name)
        kind, end = struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5
        address = self.known.get(name)
        records = b""
        if address and kind == 1:
            records = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
        code = 0 if address else 3  # NXDOMAIN
        head = packet[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, 1 if records else 0, 0, 0)
        return head + packet[12:end] + records
