"""What codes are called, as answers show it."""

from pydantic import Field

from app.answers import Answer
from services.claims.code_wording import WordingSource
from storage.vocabulary.codes import CodeKind


class CodeWordingAnswer(Answer):
    """What a reason or remark is called: in the words that the company has loaded, else in ours;
    `text` is empty where nobody has words for it."""

    kind: CodeKind = Field(description="adjustment_reasons or remarks.")
    code: str
    text: str
    source: WordingSource
