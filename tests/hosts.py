"""Separate hosts on one machine: namespaces of network, processes, mounts and name, on one bridge.

Nothing of them has a name on the machine, and each host lives as long as a process that reads from
a pipe of the test's. When the test ends, however it ends, the kernel kills every process of every
host and takes its network down.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_NETWORK = "192.0.2"
"""Of the documentation range: no address of anybody's."""

_WAIT_S = 60


@dataclass(frozen=True, slots=True)
class Host:
    """A host that is up.

    Attributes:
      name: which all hosts of its network resolve.
      address: its only one, besides the loopback.
      pid: of its first process, as the test sees it.
    """

    name: str
    address: str
    pid: int

    def command(self, *words):
        """The command line that runs a command on this host."""
        spaces = ("--net", "--uts", "--mount", "--pid")
        return ["nsenter", f"--target={self.pid}", *spaces, "--", *map(str, words)]

    def processes(self, word):
        """Ids, as the test sees them, of this host's processes with a word in their command."""
        mine, found = os.readlink(f"/proc/{self.pid}/ns/pid"), []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                here = os.readlink(f"/proc/{name}/ns/pid") == mine
                if here and word.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
        return found

    def listens(self, port):
        """Whether something listens on a port, on any address."""
        rows = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in Path(f"/proc/{self.pid}/net/{name}").read_text().splitlines()[1:]
        ]
        return any(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows)

    def sent_bytes(self):
        """What it has sent to other hosts so far."""
        for line in Path(f"/proc/{self.pid}/net/dev").read_text().splitlines():
            name, _, values = line.partition(":")
            if name.strip() == "eth0":
                return int(values.split()[8])
        raise AssertionError(f"{self.name} has no eth0")


@dataclass(frozen=True, slots=True)
class Network:
    """Hosts that reach each other and nothing else.

    Attributes:
      hosts: by their names.
      folder: where what programs print is kept.
      environment: of programs, besides this process's own.
      switch: first process of the namespace with the bridge.
    """

    hosts: dict[str, Host]
    folder: Path
    switch: int
    environment: dict[str, str] = field(default_factory=dict)
    _programs: list[tuple[subprocess.Popen, Path]] = field(default_factory=list)

    def start(self, name, *words):
        """Starts a program that runs until the network ends; gives its process."""
        log = self.folder / f"{len(self._programs)}-{name}.log"
        with log.open("wb") as said:
            program = subprocess.Popen(
                self.hosts[name].command(*words),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, **self.environment},
            )
        self._programs.append((program, log))
        return program

    def run(self, name, *words, timeout_s=_WAIT_S):
        """Runs a program to its end; gives its exit status and what it printed."""
        program = self.start(name, *words)
        program.wait(timeout_s)
        return program.returncode, self.said(program)

    def said(self, program):
        """What a program has printed so far."""
        return next(log.read_text() for started, log in self._programs if started is program)

    def wait_for_ports(self, **ports):
        """Waits until each named host listens on its port, or a program has ended."""
        deadline = time.monotonic() + _WAIT_S
        while not all(self.hosts[name].listens(port) for name, port in ports.items()):
            for program, log in self._programs:
                assert program.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"nobody listens on all of {ports}"
            time.sleep(0.05)

    def link(self, name, state):
        """Connects a host, `up`, or cuts it off, `down`: nobody is told."""
        number = list(self.hosts).index(name)
        _ip(self.switch, "link", "set", f"port{number}", state)

    def end(self):
        """Waits for the programs, whose hosts are gone."""
        for program, _ in self._programs:
            program.wait(_WAIT_S)


def wait_for(condition, most_s=_WAIT_S):
    """Waits until a condition holds, or fails."""
    deadline = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@contextlib.contextmanager
def network(folder, *names):
    """Hosts of the given names on a network of their own."""
    _check_possible()
    with contextlib.ExitStack() as stack:
        switch = _first_process(stack)
        _ip(switch, "link", "add", "bridge", "type", "bridge")
        _ip(switch, "link", "set", "bridge", "up")
        addresses = {name: f"{_NETWORK}.{number}" for number, name in enumerate(names, 1)}
        known = stack.enter_context(tempfile.NamedTemporaryFile("w", prefix="pagesieve-hosts-"))
        known.write("127.0.0.1 localhost\n")
        known.writelines(f"{address} {name}\n" for name, address in addresses.items())
        known.flush()
        made = Network({}, Path(folder), switch)
        stack.callback(made.end)
        for number, (name, address) in enumerate(addresses.items()):
            host = made.hosts[name] = Host(name, address, _first_process(stack))
            _run(host.command("hostname", name))
            _run(host.command("mount", "--bind", known.name, "/etc/hosts"))
            words = ("type", "veth", "peer", "eth0", "netns", str(host.pid))
            _ip(switch, "link", "add", f"port{number}", *words)
            _ip(switch, "link", "set", f"port{number}", "master", "bridge")
            made.link(name, "up")
            _ip(host.pid, "address", "add", f"{address}/24", "dev", "eth0")
            _ip(host.pid, "link", "set", "eth0", "up")
            _ip(host.pid, "link", "set", "lo", "up")
        yield made


def _check_possible():
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("separate hosts are made of namespaces: needs Linux, and root")
    missing = [name for name in ("ip", "nsenter", "unshare", "mount") if not shutil.which(name)]
    if missing:
        pytest.skip(f"separate hosts need {', '.join(missing)} (packages iproute2, util-linux)")


def _first_process(stack):
    """Starts a process in new namespaces, which end with this process; gives its id."""
    spaces = ("--net", "--uts", "--mount", "--pid", "--mount-proc")
    holder = subprocess.Popen(
        ["unshare", *spaces, "--fork", "--kill-child=KILL", "--", "sh", "-c", "echo; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    stack.callback(_end, holder)
    if not holder.stdout.readline():
        pytest.skip(f"namespaces are not permitted here: {holder.stderr.read().decode()}")
    return int(Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text())


def _end(holder):
    holder.stdin.close()
    holder.wait(_WAIT_S)
    holder.stdout.close()
    holder.stderr.close()


def _ip(pid, *words):
    _run(["nsenter", f"--target={pid}", "--net", "--", "ip", *words])


def _run(words):
    ran = subprocess.run(words, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    assert ran.returncode == 0, f"{words}: {ran.stderr}"
