"""Patients over HTTP."""

import datetime as dt
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, JSONBody

from app.answers import PageAnswer, RowAnswer, created, decode_cursor, one, page
from app.api.parameters import Cursor, Limit, SearchText
from app.call import Call
from services.claims import patients
from services.claims.patients import NewPatient, PatientChanges
from services.identity.scopes import Scope
from storage.filters import PatientFilter
from storage.tables.addresses import PostalAddress
from storage.vocabulary.parties import Sex


class PatientAnswer(RowAnswer):
    """A patient of the company."""

    medical_record_number: str
    last_name: str
    first_name: str
    birth_date: dt.date
    sex: Sex | None
    address: PostalAddress | None


class PatientController(Controller):
    """The minimal registry that claims stand on."""

    path = "/patients"
    tags = ("Patients",)

    @post(operation_id="create_patient", scope=Scope.PATIENTS_WRITE)
    async def create(self, request: Call, data: JSONBody[NewPatient]) -> Response[PatientAnswer]:
        """Register a patient."""
        return await request.run(
            lambda store: patients.create_patient(store, data),
            created(PatientAnswer, "/api/v1/patients/{id}"),
        )

    @get(operation_id="list_patients", scope=Scope.PATIENTS_READ)
    async def list(
        self,
        request: Call,
        name_prefix: SearchText = None,
        medical_record_number: SearchText = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Response[PageAnswer[PatientAnswer]]:
        """Patients, newest first. `name_prefix` is how "last name first name" begins, whatever
        its accents and capitals."""
        conditions = PatientFilter(
            name_prefix=name_prefix, medical_record_number=medical_record_number
        )
        after = decode_cursor(cursor)
        return await request.run(
            lambda store: patients.list_patients(store, conditions, limit=limit, after=after),
            page(PatientAnswer),
        )

    @get("/{patient_id:uuid}", operation_id="get_patient", scope=Scope.PATIENTS_READ)
    async def get(self, request: Call, patient_id: FromPath[UUID]) -> Response[PatientAnswer]:
        """One patient."""
        return await request.run(
            lambda store: patients.get_patient(store, patient_id), one(PatientAnswer)
        )

    @patch("/{patient_id:uuid}", operation_id="update_patient", scope=Scope.PATIENTS_WRITE)
    async def update(
        self, request: Call, patient_id: FromPath[UUID], data: JSONBody[PatientChanges]
    ) -> Response[PatientAnswer]:
        """Change a patient."""
        version = request.expected_version
        return await request.run(
            lambda store: patients.update_patient(
                store, patient_id, data, expected_version=version
            ),
            one(PatientAnswer),
        )
