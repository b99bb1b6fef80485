"""pip install pytest testcontainers openai, and build the image of the Dockerfile beside this file."""

import pytest
from openai import OpenAI
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

CHECKPOINT = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"


@pytest.fixture(scope="session")
def base_url():
    image = DockerContainer("checkpoint-permissions-emulator").with_exposed_ports(4010)
    with image.with_command("--rate 10/minute --control-token test") as emulator:
        wait_for_logs(emulator, r"http://.*/v1")
        yield f"http://{emulator.get_container_host_ip()}:{emulator.get_exposed_port(4010)}/v1"


def test_grants_a_project(base_url):
    client = OpenAI(base_url=base_url, api_key="sk-test", admin_api_key="sk-admin-test")
    page = client.fine_tuning.checkpoints.permissions.create(CHECKPOINT, project_ids=["proj_a"])
    assert [permission.project_id for permission in page] == ["proj_a"]
