"""Versions of policies over HTTP, and one's own policies to acknowledge."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from app.answers import JSON, PageAnswer, encode, entity_tag, one, ready_made
from app.api.approvals import unless_asked
from app.api.policy_answers import (
    OwnPolicyAnswer,
    OwnPolicyDetail,
    PolicyAcknowledgementAnswer,
    PolicyVersionAnswer,
    PolicyVersionChangesAnswer,
    PolicyVersionDetail,
)
from app.api.routes import OWN
from app.call import Call
from app.downloads import downloaded
from services.identity.scopes import Scope
from services.regulatory_compliance.policies import acknowledging, approving, changes, versions
from services.regulatory_compliance.policies.acknowledging import (
    Acknowledgement,
    OwnPolicy,
    OwnPolicyText,
)
from services.regulatory_compliance.policies.approving import PolicySubmission
from services.regulatory_compliance.policies.changes import VersionChanges
from services.regulatory_compliance.policies.versions import PolicyVersionChanges, VersionDetail


class PolicyVersionController(Controller):
    """What policies say. What is approved never changes."""

    path = "/compliance/policy-versions"
    tags = ("Policies",)

    @get(
        "/{policy_version_id:uuid}",
        operation_id="get_policy_version",
        scope=Scope.COMPLIANCE_READ,
    )
    async def read(
        self, request: Call, policy_version_id: FromPath[UUID]
    ) -> Response[PolicyVersionDetail]:
        """One version, with what it says and who approved it."""
        return await request.run(
            lambda store: versions.get_version(store, policy_version_id), _detail
        )

    @patch(
        "/{policy_version_id:uuid}",
        operation_id="update_policy_version",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def update(
        self,
        request: Call,
        policy_version_id: FromPath[UUID],
        data: JSONBody[PolicyVersionChanges],
    ) -> Response[PolicyVersionAnswer]:
        """Change a draft."""
        version = request.expected_version
        return await request.run(
            lambda store: versions.change_version(
                store, policy_version_id, data, expected_version=version
            ),
            one(PolicyVersionAnswer),
        )

    @delete(
        "/{policy_version_id:uuid}",
        operation_id="discard_policy_version",
        scope=Scope.COMPLIANCE_WRITE,
    )
    async def discard(self, request: Call, policy_version_id: FromPath[UUID]) -> Response[None]:
        """Give a draft up."""
        version = request.expected_version
        return await request.run(
            lambda store: versions.discard_version(
                store, policy_version_id, expected_version=version
            ),
            lambda _: Response(None, status_code=204),
        )

    @post(
        "/{policy_version_id:uuid}/submit",
        operation_id="submit_policy_version",
        scope=Scope.COMPLIANCE_WRITE,
        status_code=202,
    )
    async def submit(
        self, request: Call, policy_version_id: FromPath[UUID], data: JSONBody[PolicySubmission]
    ) -> Response[PolicyVersionAnswer]:
        """Send a draft for review, and ask somebody else to approve it: 202, with the request for
        their approval as Location."""
        version = request.expected_version
        return await request.run(
            lambda store: approving.submit_version(
                store,
                request.principal,
                policy_version_id,
                data.reason,
                expected_version=version,
            ),
            unless_asked(one(PolicyVersionAnswer)),
        )

    @get(
        "/{policy_version_id:uuid}/changes",
        operation_id="get_policy_version_changes",
        scope=Scope.COMPLIANCE_READ,
    )
    async def changed(
        self,
        request: Call,
        policy_version_id: FromPath[UUID],
        compared_to_id: FromQuery[UUID],
    ) -> Response[PolicyVersionChangesAnswer]:
        """What it says otherwise than another version, by lines and within them by words."""
        return await request.run(
            lambda store: changes.changes_between(store, policy_version_id, compared_to_id),
            _changes,
        )


class OwnPolicyController(Controller):
    """The policies that concern the person who asks."""

    path = "/own-policies"
    tags = ("Policies",)

    @get(operation_id="list_own_policies", scope=OWN)
    async def browse(self, request: Call) -> Response[PageAnswer[OwnPolicyAnswer]]:
        """What is in force and concerns one, and whether one has acknowledged it."""
        return await request.run(
            lambda store: acknowledging.own_policies(store, request.principal), _own
        )

    @get("/{policy_version_id:uuid}", operation_id="get_own_policy", scope=OWN)
    async def read(
        self, request: Call, policy_version_id: FromPath[UUID]
    ) -> Response[OwnPolicyDetail]:
        """What an approved version says."""
        return await request.run(
            lambda store: acknowledging.own_policy(store, request.principal, policy_version_id),
            _own_text,
        )

    @get(
        "/{policy_version_id:uuid}/file",
        operation_id="download_own_policy",
        scope=OWN,
        is_export=True,
        media_type="application/octet-stream",
    )
    async def download(self, request: Call, policy_version_id: FromPath[UUID]) -> Response[Any]:
        """The file that an approved version is, for whom it concerns."""
        return await downloaded(
            request,
            lambda store: acknowledging.own_policy_file(
                store, request.principal, policy_version_id
            ),
        )

    @post("/{policy_version_id:uuid}/acknowledge", operation_id="acknowledge_policy", scope=OWN)
    async def acknowledge(
        self, request: Call, policy_version_id: FromPath[UUID], data: JSONBody[Acknowledgement]
    ) -> Response[PolicyAcknowledgementAnswer]:
        """Acknowledge the version that is in force, once."""
        return await request.run(
            lambda store: acknowledging.acknowledge(
                store, request.principal, policy_version_id, data
            ),
            one(PolicyAcknowledgementAnswer, status=201),
        )


def _detail(found: VersionDetail) -> Response[Any]:
    return Response(
        encode(PolicyVersionDetail, found),
        media_type=JSON,
        headers={"ETag": entity_tag(found.version.version)},
    )


def _changes(found: VersionChanges) -> Response[Any]:
    return ready_made(PolicyVersionChangesAnswer.model_validate(found))


def _own(found: Sequence[OwnPolicy]) -> Response[Any]:
    items = [
        OwnPolicyAnswer(
            policy_id=each.policy.id,
            policy_version_id=each.approval.policy_version_id,
            number=each.policy.number,
            title=each.policy.title,
            major=each.approval.major,
            minor=each.approval.minor,
            in_force_on=each.approval.in_force_on,
            due_on=each.due_on,
            is_acknowledged=each.is_acknowledged,
        )
        for each in found
    ]
    return ready_made(PageAnswer[OwnPolicyAnswer](items=items))


def _own_text(found: OwnPolicyText) -> Response[Any]:
    return ready_made(
        OwnPolicyDetail(
            policy_id=found.policy.id,
            policy_version_id=found.version.id,
            number=found.policy.number,
            title=found.policy.title,
            major=found.version.major,
            minor=found.version.minor,
            content=found.text.content,
            file_id=found.text.file_id,
            content_sha256=found.text.content_hash.hex(),
        )
    )
