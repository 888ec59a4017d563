"""Passwords chosen by mailed links, over HTTP."""

from typing import Annotated

from litestar import Controller, Response, post
from litestar.params import JSONBody
from pydantic import Field, SecretStr

from app.api.routes import PUBLIC
from app.api.sessions import refuse_forms
from app.call import Call
from services.identity.emails import normalised_email
from services.identity.mailed_links import choose_password, request_reset
from services.inputs import Input


class Forgotten(Input):
    """The company's slug, and the person's e-mail address."""

    company: Annotated[str, Field(min_length=1, max_length=63)]
    email: Annotated[str, Field(min_length=1, max_length=254)]


class Choice(Input):
    """The token of a mailed link, and the password to have: 12 to 128 characters of any kind."""

    token: Annotated[SecretStr, Field(min_length=1, max_length=100)]
    new_password: Annotated[SecretStr, Field(min_length=1, max_length=1000)]


class PasswordController(Controller):
    """Invitations accepted and forgotten passwords replaced, by links that are mailed."""

    tags = ("Sessions",)

    @post("/password-resets", operation_id="request_password_reset", scope=PUBLIC, status_code=202)
    async def forgotten(self, request: Call, data: JSONBody[Forgotten]) -> Response[None]:
        """Have a link mailed by which one chooses a new password, within an hour.

        The answer is the same whether or not there is such a person.
        """
        refuse_forms(request)
        request.platform.limiter.count_reset(
            address=request.address,
            company_slug=data.company,
            email=normalised_email(data.email) or data.email,
        )
        await request_reset(
            request.platform.storage,
            company_slug=data.company,
            email=data.email,
            public_url=request.platform.settings.public_url,
            request_id=request.request_id,
        )
        return Response(None, status_code=202)

    @post("/password-choices", operation_id="choose_password", scope=PUBLIC, status_code=204)
    async def choose(self, request: Call, data: JSONBody[Choice]) -> Response[None]:
        """Choose the password of whoever a mailed link is for. A link serves once.

        One's sessions end, and one signs in anew.
        """
        refuse_forms(request)
        request.platform.limiter.count_code(request.address)
        await choose_password(
            request.platform.storage,
            data.token.get_secret_value(),
            data.new_password.get_secret_value(),
            request_id=request.request_id,
        )
        return Response(None, status_code=204)
