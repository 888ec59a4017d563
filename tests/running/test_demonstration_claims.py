"""The demonstration's ready claims go out as a newcomer sends them, who names a partner alone."""

import json
import time

import httpx

from services.claims.x12.claim_file_check import check_claim_file
from tests.running.program import Program

_SECONDS = 90


def test_ready_claims_of_each_company_lie_in_the_drop_folder_after_one_request(
    demonstration: Program,
) -> None:
    data = demonstration.data_directory
    companies = json.loads((data / "credentials.json").read_text())
    for company in companies.values():
        headers = {"Authorization": f"Bearer {company['keys']['billing']}"}
        with httpx.Client(base_url=f"{demonstration.url}/api/v1", headers=headers) as client:
            (partner,) = client.get("/trading-partners").json()["items"]
            asked = client.post("/claim-files", json={"partner_id": partner["id"]})
            assert asked.status_code == 202, asked.text
            sent = _sent(client, asked.headers["Location"].removeprefix("/api/v1"))
        assert (sent["status"], sent["refused_count"]) == ("sent", 0), sent
        (file,) = data.glob(f"drop/*/{partner['id'].replace('-', '')}/outbound/{sent['name']}")
        content = file.read_bytes()
        assert check_claim_file([content]) == []
        assert content.count(b"CLM*") == sent["claim_count"] > 0


def _sent(client: httpx.Client, where: str) -> dict[str, object]:
    """The file once it went out, or how far it came."""
    until = time.monotonic() + _SECONDS
    while True:
        found: dict[str, object] = client.get(where).json()
        if found["status"] == "sent" or time.monotonic() > until:
            return found
        time.sleep(0.2)
