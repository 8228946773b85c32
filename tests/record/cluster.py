"""A standalone Spark cluster on this machine: one master, two workers, ended by their process ids."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The cluster's address while it runs; skips, with the reason, where it cannot."""
    pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'headwater[cluster]')")
    if shutil.which("java") is None:
        pytest.skip("Java 17 is not installed")
    home = Path(pyspark.__file__).parent
    port, ui = _free_port(), _free_port()
    address = f"spark://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder),
    }
    master = [
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--webui-port",
        str(ui),
    ]
    worker = [
        "org.apache.spark.deploy.worker.Worker",
        "--host",
        "127.0.0.1",
        "-c",
        "1",
        "-m",
        "1g",
        "--webui-port",
        "0",
    ]
    commands = [master, [*worker, address], [*worker, address]]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (folder / f"{number}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen([home / "bin" / "spark-class", *command], env=environment, stdout=log, stderr=log)
                )
        yield address
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
