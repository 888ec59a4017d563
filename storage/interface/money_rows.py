"""Rows of money: the ledger, payments, contracts and what is owed."""

from __future__ import annotations

from typing import Protocol

from storage.filters import (
    AdjudicationFilter,
    BankLineFilter,
    ByAdjudication,
    ByContract,
    ByUnderpayment,
    CashItemFilter,
    DenialFilter,
    LedgerFilter,
    ManualRemittanceFilter,
    PatientPaymentFilter,
    PatientStatementFilter,
    PayerContractFilter,
    PaymentVarianceFilter,
    ProviderAdjustmentFilter,
    RefundFilter,
    RefundTakebackFilter,
    StatementRunFilter,
    StatementRunItemFilter,
    UnderpaymentFilter,
    WriteOffFilter,
)
from storage.interface.contract import (
    Log,
    Repository,
)
from storage.tables import contracts as contract_tables
from storage.tables import deposits as deposit_tables
from storage.tables import ledger as ledger_tables
from storage.tables import manual_remittances as manual_tables
from storage.tables import money as money_tables
from storage.tables import statement_runs as statement_run_tables


class MoneyRows(Protocol):
    """A part of `Store`."""

    payer_contracts: Repository[
        contract_tables.PayerContractFields, contract_tables.PayerContract, PayerContractFilter
    ]
    contract_terms: Log[
        contract_tables.ContractTermFields, contract_tables.ContractTerm, ByContract
    ]
    payment_variances: Log[
        contract_tables.PaymentVarianceFields,
        contract_tables.PaymentVariance,
        PaymentVarianceFilter,
    ]
    underpayments: Repository[
        contract_tables.UnderpaymentFields, contract_tables.Underpayment, UnderpaymentFilter
    ]
    underpayment_notes: Log[
        contract_tables.UnderpaymentNoteFields, contract_tables.UnderpaymentNote, ByUnderpayment
    ]
    adjudications: Log[
        ledger_tables.AdjudicationFields, ledger_tables.Adjudication, AdjudicationFilter
    ]
    adjudication_lines: Log[
        ledger_tables.AdjudicationLineFields, ledger_tables.AdjudicationLine, ByAdjudication
    ]
    adjudication_adjustments: Log[
        ledger_tables.AdjustmentFields, ledger_tables.AdjudicationAdjustment, ByAdjudication
    ]
    ledger_entries: Log[ledger_tables.LedgerFields, ledger_tables.LedgerEntry, LedgerFilter]
    provider_adjustments: Log[
        ledger_tables.ProviderAdjustmentFields,
        ledger_tables.ProviderAdjustmentItem,
        ProviderAdjustmentFilter,
    ]
    denials: Repository[ledger_tables.DenialFields, ledger_tables.Denial, DenialFilter]
    patient_payments: Repository[
        money_tables.PatientPaymentFields, money_tables.PatientPayment, PatientPaymentFilter
    ]
    write_offs: Repository[money_tables.WriteOffFields, money_tables.WriteOff, WriteOffFilter]
    refunds: Repository[money_tables.RefundFields, money_tables.Refund, RefundFilter]
    refund_takebacks: Repository[
        money_tables.RefundTakebackFields, money_tables.RefundTakeback, RefundTakebackFilter
    ]
    patient_statements: Log[
        money_tables.PatientStatementFields,
        money_tables.PatientStatement,
        PatientStatementFilter,
    ]
    statement_runs: Repository[
        statement_run_tables.StatementRunFields,
        statement_run_tables.StatementRun,
        StatementRunFilter,
    ]
    statement_run_items: Log[
        statement_run_tables.StatementRunItemFields,
        statement_run_tables.StatementRunItem,
        StatementRunItemFilter,
    ]
    manual_remittances: Repository[
        manual_tables.ManualRemittanceFields,
        manual_tables.ManualRemittance,
        ManualRemittanceFilter,
    ]
    bank_lines: Repository[deposit_tables.BankLineFields, deposit_tables.BankLine, BankLineFilter]
    cash_items: Repository[deposit_tables.CashItemFields, deposit_tables.CashItem, CashItemFilter]
