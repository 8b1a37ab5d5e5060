// The directory's words, each spelled once: code lists that tables, commands, schema and faces share.
// Terms follow the government's own usage (bureaux and departments, posts, acting, secondment, integrity checks).

/** Classification grades, lowest first. This service authorises nothing above CONFIDENTIAL. */
export const clearanceLevels = ['NONE', 'RESTRICTED', 'CONFIDENTIAL', 'SECRET', 'TOP_SECRET'] as const;
export type ClearanceLevel = (typeof clearanceLevels)[number];

export const organisationKinds = ['bureau', 'branch', 'department', 'office', 'external'] as const;
export type OrganisationKind = (typeof organisationKinds)[number];

export const unitKinds = ['branch', 'division', 'section', 'team'] as const;
export type UnitKind = (typeof unitKinds)[number];

export const postKinds = ['permanent', 'supernumerary', 'time_limited'] as const;
export type PostKind = (typeof postKinds)[number];

/** NCSC: non-civil service contract. PRSC: post-retirement service contract. T-contract: term IT contract staff. */
export const employmentCategories = [
  'civil_servant',
  'agreement',
  'ncsc',
  'prsc',
  't_contract',
  'agency',
  'vendor',
  'secondee',
] as const;
export type EmploymentCategory = (typeof employmentCategories)[number];

export const assignmentKinds = ['substantive', 'acting', 'doubling_up', 'secondment'] as const;
export type AssignmentKind = (typeof assignmentKinds)[number];

/** Integrity checks, matched to the sensitivity of the work. `none` supports RESTRICTED at most. */
export const checkTypes = ['none', 'appointment', 'normal', 'extended'] as const;
export type CheckType = (typeof checkTypes)[number];

export const clearanceStatuses = ['active', 'withdrawn'] as const;
export type ClearanceStatus = (typeof clearanceStatuses)[number];

export const accountKinds = ['personal', 'privileged', 'service', 'shared', 'break_glass'] as const;
export type AccountKind = (typeof accountKinds)[number];

export const accountStates = [
  'PENDING',
  'INVITED',
  'ACTIVE',
  'LOCKED',
  'SUSPENDED',
  'DORMANT',
  'FINAL_LEAVE',
  'DISABLED',
  'RETAINED',
  'ARCHIVED',
] as const;
export type AccountState = (typeof accountStates)[number];

export const credentialKinds = [
  'password',
  'totp',
  'webauthn',
  'recovery_code',
  'app_password',
  'bearer_token',
  'client_secret',
] as const;
export type CredentialKind = (typeof credentialKinds)[number];

export const groupKinds = ['static', 'rule', 'approval'] as const;
export type GroupKind = (typeof groupKinds)[number];

/** Roles that hang on posts. Each is granted over one organisation (and what lies under it) or over all. */
export const roles = [
  'directory_administrator', // people, posts, units and accounts
  'group_manager',
  'clearance_officer', // departmental security officer: the only one who sets clearances
  'certificate_officer', // registration authority
  'system_administrator', // relying systems and settings of the service
  'auditor', // reads the change feed and the audit trail, changes nothing
  'help_desk', // resets and unlocks after identity is verified
] as const;
export type Role = (typeof roles)[number];

export const certificateProfiles = ['signing', 'encryption'] as const;
export type CertificateProfileName = (typeof certificateProfiles)[number];

export const certificateStates = ['intended', 'valid', 'revoked'] as const;
export type CertificateState = (typeof certificateStates)[number];

/** RFC 5280 5.3.1 reasons that this service uses. `unspecified` is left out: it must never be sent. */
export const revocationReasons = [
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export const languages = ['en', 'zh-Hant'] as const;
export type Language = (typeof languages)[number];
