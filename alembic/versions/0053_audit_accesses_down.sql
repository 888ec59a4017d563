DELETE FROM approval_decisions USING approvals AS approval
WHERE approval.company_id = approval_decisions.company_id
  AND approval.id = approval_decisions.approval_id
  AND approval.kind = 'finding_acceptance';

DELETE FROM approvals WHERE kind = 'finding_acceptance';

DELETE FROM approval_thresholds WHERE kind = 'finding_acceptance';

DELETE FROM notifications WHERE kind IN ('corrective_action_assigned', 'corrective_action_due', 'corrective_action_escalated', 'finding_acceptance_ends');

DELETE FROM notification_preferences WHERE kind IN ('corrective_action_assigned', 'corrective_action_due', 'corrective_action_escalated', 'finding_acceptance_ends');

DELETE FROM reminders WHERE subject IN ('corrective_action', 'corrective_action_effect', 'finding_acceptance');

DELETE FROM outbox_attempts USING outbox_messages AS message, events AS event
WHERE message.company_id = outbox_attempts.company_id AND message.id = outbox_attempts.message_id
  AND event.company_id = message.company_id AND event.id = message.event_id
  AND event.type = 'corrective_action.escalated';

DELETE FROM outbox_messages USING events AS event
WHERE event.company_id = outbox_messages.company_id AND event.id = outbox_messages.event_id
  AND event.type = 'corrective_action.escalated';

DELETE FROM events WHERE type = 'corrective_action.escalated';

UPDATE people SET role = 'viewer', disabled_at = coalesce(disabled_at, now())
WHERE role = 'external_auditor';

UPDATE identity_providers SET new_role = 'viewer' WHERE new_role = 'external_auditor';

DELETE FROM policy_members WHERE role = 'external_auditor';
