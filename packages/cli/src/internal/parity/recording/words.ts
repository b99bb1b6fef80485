/** The words that a recording may contain. Written by `npm run fixture:openapi`. */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** The names of fields in bodies. */
export const fields = words(`
  actor allowed_ips api_call_logging api_call_logging_project_ids api_key api_key.created api_key.deleted
  api_key.updated archived_at batch_1_day_max_input_tokens batch_size beta calculate_output certificate
  certificate.created certificate.deleted certificate.updated certificates certificates.activated
  certificates.deactivated changes_requested checkpoint.permission.created checkpoint.permission.deleted code
  compute_multiplier configs connector_id connector_name content created created_at data deleted description detail
  dpo effective_at email enabled entity error error_code error_message estimated_finish eval_interval eval_samples
  evaluation_metric expires_at external_key.registered external_key.removed external_key_id fine_tuned_model
  fine_tuned_model_checkpoint fine_tuning_job_id finished_at first_id format full_valid_loss
  full_valid_mean_token_accuracy grader graders group.created group.deleted group.updated group_name gt gte has_more
  hyperparameters id identity_provider_id image_tag image_url input input_audio integrations invite.accepted
  invite.deleted invite.sent ip_address ip_allowlist.config.activated ip_allowlist.config.deactivated
  ip_allowlist.created ip_allowlist.deleted ip_allowlist.updated labels last_id last_used_at learning_rate_multiplier
  login.failed login.succeeded logout.failed logout.succeeded lt lte max_audio_megabytes_per_1_minute
  max_completions_tokens max_images_per_1_minute max_requests_per_1_day max_requests_per_1_minute
  max_tokens_per_1_minute message metadata method metrics mode model model_ids n_epochs name object operation
  organization.updated organization_id owned_by owner param passing_labels permissions permissions_added
  permissions_removed principal_id principal_type project project.archived project.created project.deleted
  project.updated project_id project_ids prompt_cache_breakpoint range rate_limit.deleted rate_limit.updated
  reasoning_effort redacted_value reference reinforcement residency resource_id resource_type result_files role
  role.assignment.created role.assignment.deleted role.bound_to_resource role.created role.deleted
  role.unbound_from_resource role.updated role_id role_name sampling_params scim.disabled scim.enabled scopes seed
  service_account service_account.created service_account.deleted service_account.updated service_account_id session
  shutdown_date source status step step_number supervised tags temperature text threads_ui_visibility title top_p
  train_loss train_mean_token_accuracy trained_tokens training_file type usage_dashboard_visibility user user.added
  user.deleted user.updated valid_loss valid_mean_token_accuracy validation_file wandb
  workload_identity_provider.created workload_identity_provider.deleted workload_identity_provider.updated
  workload_identity_provider_mapping.created workload_identity_provider_mapping.deleted
  workload_identity_provider_mapping.updated workspace_id
`)

/** The names of parameters in queries. */
export const parameters = words(`
  actor_emails[] actor_ids[] after before effective_at event_types[] include_archived limit metadata order project_id
  project_ids[] resource_ids[] tenant_only
`)

/** The words of paths. */
export const segments = words(`
  admin_api_keys audit_logs checkpoints fine_tuning jobs model_permissions models organization permissions projects
`)

/** The enumerated values of fields and parameters. */
export const values: Readonly<Record<string, ReadonlySet<string>>> = {
  batch_size: words(`
    auto
  `),
  beta: words(`
    auto
  `),
  compute_multiplier: words(`
    auto
  `),
  eval_interval: words(`
    auto
  `),
  eval_samples: words(`
    auto
  `),
  evaluation_metric: words(`
    bleu cosine fuzzy_match gleu meteor rouge_1 rouge_2 rouge_3 rouge_4 rouge_5 rouge_l
  `),
  "event_types[]": words(`
    api_key.created api_key.deleted api_key.updated certificate.created certificate.deleted certificate.updated
    certificates.activated certificates.deactivated checkpoint.permission.created checkpoint.permission.deleted
    external_key.registered external_key.removed group.created group.deleted group.updated invite.accepted
    invite.deleted invite.sent ip_allowlist.config.activated ip_allowlist.config.deactivated ip_allowlist.created
    ip_allowlist.deleted ip_allowlist.updated login.failed login.succeeded logout.failed logout.succeeded
    organization.updated project.archived project.created project.deleted project.updated rate_limit.deleted
    rate_limit.updated resource.deleted role.assignment.created role.assignment.deleted role.bound_to_resource
    role.created role.deleted role.unbound_from_resource role.updated scim.disabled scim.enabled
    service_account.created service_account.deleted service_account.updated tenant.admin_api_key.created
    tenant.admin_api_key.deleted tenant.admin_api_key.updated tenant.ads_account.onboarding.redemption
    tenant.api_organization_invite.deleted tenant.api_organization_invite.upserted tenant.billing.alerts.updated
    tenant.billing.info.updated tenant.billing.overage_limit.updated tenant.chatgpt_access_token.revoked
    tenant.chatgpt_workspace_invite.upserted tenant.custom_role.created tenant.custom_role.deleted
    tenant.custom_role.updated tenant.domains.migrated tenant.group.created tenant.group.deleted
    tenant.group.member.added tenant.group.member.removed tenant.group.updated tenant.membership.accepted
    tenant.membership.declined tenant.membership.revoked tenant.metadata.updated
    tenant.microsoft_entra_mapping.deleted tenant.microsoft_entra_mapping.upserted tenant.migration.completed
    tenant.migration_rollout.status.updated tenant.migration_rollout.tier.updated tenant.policy.attached
    tenant.policy.created tenant.policy.deleted tenant.policy.detached tenant.policy.updated
    tenant.principal_authentication_policy.resolved tenant.product_access_policy.updated
    tenant.project_api_key.created tenant.resource_access.deleted tenant.resource_access.updated
    tenant.resource_role_assignment.created tenant.resource_role_assignment.deleted
    tenant.resource_share_grant.accepted tenant.resource_share_grant.created tenant.resource_share_grant.declined
    tenant.resource_share_grant.deleted tenant.resource_share_grant.revoked tenant.resource_share_grant.updated
    tenant.role.metadata.updated tenant.role_assignment.created tenant.role_assignment.deleted
    tenant.scim.deletion.requested tenant.scim.directory.created tenant.scim.setup.started
    tenant.service_account.deleted tenant.service_account.token.revoked tenant.service_account.updated
    tenant.session_policy.created tenant.session_policy.deleted tenant.session_policy.updated
    tenant.session_revocation.started tenant.sso.migrated tenant.sso_connection.created tenant.sso_connection.deleted
    tenant.sso_connection.setup.started tenant.sso_connection.updated tenant.third_party_app_policy.updated
    tenant.usage_limit.group.updated tenant.usage_limit.increase_request.resolved
    tenant.usage_limit.increase_request.updated tenant.usage_limit.user.updated tenant.usage_limit.workspace.updated
    tenant.user.added tenant.user.invited tenant.user.looked_up tenant.user.removed tenant.user.updated
    tenant.workload_identity.access_token.issued tenant.workload_identity.binding.created
    tenant.workload_identity.mapping.archived tenant.workload_identity.mapping.created
    tenant.workload_identity.mapping.updated tenant.workload_identity.principal.provisioned
    tenant.workload_identity.provider.archived tenant.workload_identity.provider.created
    tenant.workload_identity.provider.updated tenant.workspace_invite_email_settings.updated tunnel.created
    tunnel.deleted tunnel.updated user.added user.deleted user.updated workload_identity_provider.created
    workload_identity_provider.deleted workload_identity_provider.updated workload_identity_provider_mapping.created
    workload_identity_provider_mapping.deleted workload_identity_provider_mapping.updated
  `),
  format: words(`
    mp3 wav
  `),
  learning_rate_multiplier: words(`
    auto
  `),
  mode: words(`
    allow_list deny_list explicit
  `),
  n_epochs: words(`
    auto
  `),
  object: words(`
    checkpoint.permission fine_tuning.job fine_tuning.job.checkpoint list model organization.admin_api_key
    organization.project project.model_permissions project.model_permissions.deleted
  `),
  operation: words(`
    eq ilike like ne
  `),
  order: words(`
    asc ascending desc descending
  `),
  reasoning_effort: words(`
    default high low max medium minimal none xhigh
  `),
  residency: words(`
    AE_STORAGE AE_STORAGE_PROCESSING AU_STORAGE CA_STORAGE EU_STORAGE_PROCESSING GB_STORAGE GLOBAL IN_STORAGE
    JP_STORAGE KR_STORAGE SG_STORAGE US_STORAGE_PROCESSING
  `),
  role: words(`
    assistant developer system user
  `),
  source: words(`
    connector_publish role_connector_update role_delete role_toggle workspace_permissions
  `),
  status: words(`
    cancelled failed queued running succeeded validating_files
  `),
  type: words(`
    api_key api_key.created api_key.deleted api_key.updated certificate.created certificate.deleted
    certificate.updated certificates.activated certificates.deactivated checkpoint.permission.created
    checkpoint.permission.deleted dpo external_key.registered external_key.removed group.created group.deleted
    group.updated input_audio input_image input_text invite.accepted invite.deleted invite.sent
    ip_allowlist.config.activated ip_allowlist.config.deactivated ip_allowlist.created ip_allowlist.deleted
    ip_allowlist.updated label_model login.failed login.succeeded logout.failed logout.succeeded message multi
    organization.updated output_text project.archived project.created project.deleted project.updated python
    rate_limit.deleted rate_limit.updated reinforcement resource.deleted role.assignment.created
    role.assignment.deleted role.bound_to_resource role.created role.deleted role.unbound_from_resource role.updated
    scim.disabled scim.enabled score_model service_account service_account.created service_account.deleted
    service_account.updated session string_check supervised tenant.admin_api_key.created tenant.admin_api_key.deleted
    tenant.admin_api_key.updated tenant.ads_account.onboarding.redemption tenant.api_organization_invite.deleted
    tenant.api_organization_invite.upserted tenant.billing.alerts.updated tenant.billing.info.updated
    tenant.billing.overage_limit.updated tenant.chatgpt_access_token.revoked tenant.chatgpt_workspace_invite.upserted
    tenant.custom_role.created tenant.custom_role.deleted tenant.custom_role.updated tenant.domains.migrated
    tenant.group.created tenant.group.deleted tenant.group.member.added tenant.group.member.removed
    tenant.group.updated tenant.membership.accepted tenant.membership.declined tenant.membership.revoked
    tenant.metadata.updated tenant.microsoft_entra_mapping.deleted tenant.microsoft_entra_mapping.upserted
    tenant.migration.completed tenant.migration_rollout.status.updated tenant.migration_rollout.tier.updated
    tenant.policy.attached tenant.policy.created tenant.policy.deleted tenant.policy.detached tenant.policy.updated
    tenant.principal_authentication_policy.resolved tenant.product_access_policy.updated
    tenant.project_api_key.created tenant.resource_access.deleted tenant.resource_access.updated
    tenant.resource_role_assignment.created tenant.resource_role_assignment.deleted
    tenant.resource_share_grant.accepted tenant.resource_share_grant.created tenant.resource_share_grant.declined
    tenant.resource_share_grant.deleted tenant.resource_share_grant.revoked tenant.resource_share_grant.updated
    tenant.role.metadata.updated tenant.role_assignment.created tenant.role_assignment.deleted
    tenant.scim.deletion.requested tenant.scim.directory.created tenant.scim.setup.started
    tenant.service_account.deleted tenant.service_account.token.revoked tenant.service_account.updated
    tenant.session_policy.created tenant.session_policy.deleted tenant.session_policy.updated
    tenant.session_revocation.started tenant.sso.migrated tenant.sso_connection.created tenant.sso_connection.deleted
    tenant.sso_connection.setup.started tenant.sso_connection.updated tenant.third_party_app_policy.updated
    tenant.usage_limit.group.updated tenant.usage_limit.increase_request.resolved
    tenant.usage_limit.increase_request.updated tenant.usage_limit.user.updated tenant.usage_limit.workspace.updated
    tenant.user.added tenant.user.invited tenant.user.looked_up tenant.user.removed tenant.user.updated
    tenant.workload_identity.access_token.issued tenant.workload_identity.binding.created
    tenant.workload_identity.mapping.archived tenant.workload_identity.mapping.created
    tenant.workload_identity.mapping.updated tenant.workload_identity.principal.provisioned
    tenant.workload_identity.provider.archived tenant.workload_identity.provider.created
    tenant.workload_identity.provider.updated tenant.workspace_invite_email_settings.updated text_similarity
    tunnel.created tunnel.deleted tunnel.updated user user.added user.deleted user.updated wandb
    workload_identity_provider.created workload_identity_provider.deleted workload_identity_provider.updated
    workload_identity_provider_mapping.created workload_identity_provider_mapping.deleted
    workload_identity_provider_mapping.updated
  `)
}

/** The types, codes and parameters of errors. */
export const errors = {
  type: words(`
    insufficient_quota invalid_request_error requests server_error
  `),
  code: words(`
    already_exists array_above_max_length audit_logs_disabled empty_array fine_tune_not_found insufficient_quota
    integer_above_max_value integer_below_min_value invalid_api_key invalid_type invalid_value method_not_supported
    mismatched_project missing_required_parameter missing_scope model_not_found not_found rate_limit_exceeded
    unknown_parameter unknown_url unsupported_content_type
  `),
  param: words(`
    actor_emails[] actor_ids[] after before effective_at event_types[] fine_tune_id fine_tuned_model_checkpoint
    include_archived limit metadata order permission_id project_id project_ids project_ids[] resource_ids[]
    tenant_only
  `)
}

/** The texts of errors. "…" is the place of a word that differs between replies. */
export const texts: ReadonlyArray<string> = [
  "Audit logging is not enabled for this organization.",
  "Cannot modify checkpoint permissions for the owning project: …",
  "Could not find fine tune: …",
  "Incorrect API key provided: …. You can find your API key at https://platform.openai.com/account/api-keys.",
  "Invalid 'event_types[]': value '…' is no type of an event.",
  "Invalid 'limit': integer above maximum value. Expected a value <= …, but got … instead.",
  "Invalid 'limit': integer below minimum value. Expected a value >= …, but got … instead.",
  "Invalid 'metadata': expected 'null', or a key as in metadata[key]=value, but got '…'.",
  "Invalid '…': array too long. Expected an array with maximum length …, but got an array with length … instead.",
  "Invalid '…': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  "Invalid '…': it is empty.",
  "Invalid '…': it was given more than once.",
  "Invalid '…': there is no object with id '…'.",
  "Invalid '…': value '…' is not supported. Supported values are: '…'.",
  "Invalid URL (… …)",
  "Invalid type for '…': expected …, but got … instead.",
  "Missing required parameter: '…'.",
  "No checkpoint permission found with id '…'.",
  "No model permissions are set for project '…'.",
  "No project found with id '…'.",
  "Not allowed to … on …. (HINT: Perhaps you meant to make the request with: ….)",
  "OpenAI-Project header should match project for API key",
  "Project … already has access to this checkpoint.",
  "Rate limit reached for …. Please try again later.",
  "The model '…' does not exist or you do not have access to it.",
  "The server had an error while processing your request. Sorry about that!",
  "Unknown parameter: '…'.",
  "Unsupported content type: '…'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: …'.",
  "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
  "You exceeded your current quota, please check your plan and billing details.",
  "You have insufficient permissions for this operation. Missing scopes: …. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.",
  "You're making too many requests, please slow down."
]
