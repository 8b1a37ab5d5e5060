// Who among the demonstration's staff has which role, clearance and group. Login names are derived from the names in
// demo_staff.ts (demoUid); posts are named 'CODE/number'.
import type { CheckType, ClearanceLevel, Role } from '../src/directory/vocabulary.ts';

/** Logins that the README and the tests speak of. */
export const demoUids = {
  officer: 'ptmchan', // a deputy secretary: CONFIDENTIAL
  clerk: 'sflau', // an ordinary officer without clearance
  acting: 'rsmlee', // acts in CSB/PAS-1
  seconded: 'jcklai', // of EDB, seconded to OGCIO
  contractor: 'asharma', // T-contract, RESTRICTED at most
  ncsc: 'nlhyuen', // non-civil service contract
  leaver: 'wkwtong', // left yesterday
  joiner: 'mhmko', // starts in a fortnight
  withdrawn: 'awlhui', // clearance withdrawn
  directoryAdministrator: 'hwytam', // whole government
  csbAdministrator: 'dkwho', // CSB alone
  systemAdministrator: 'fhypang',
  clearanceOfficer: 'vsckwok', // whole government
  csbClearanceOfficer: 'mmlwong', // CSB alone
  certificateOfficer: 'wmhcheng',
  auditor: 'ikyyeung',
  helpDesk: 'cnmip',
  groupManager: 'fylcheung', // CSB
} as const;

export const demoRoles: readonly { post: string; role: Role; over: string | null }[] = [
  { post: 'OGCIO/SSM-DIR', role: 'directory_administrator', over: null },
  { post: 'CSB/SEO-IT', role: 'directory_administrator', over: 'CSB' },
  { post: 'OGCIO/CSM-DIR', role: 'system_administrator', over: null },
  { post: 'SB/GSO', role: 'clearance_officer', over: null },
  { post: 'CSB/CEO-ADM', role: 'clearance_officer', over: 'CSB' },
  { post: 'OGCIO/SSM-PKI', role: 'certificate_officer', over: null },
  { post: 'CSO/AUD-1', role: 'auditor', over: null },
  { post: 'OGCIO/SM-HD', role: 'help_desk', over: null },
  { post: 'CSB/EO-P1', role: 'group_manager', over: 'CSB' },
];

interface DemoClearance {
  uid: string;
  level: ClearanceLevel;
  check_type: CheckType;
  withdrawn?: boolean;
}

export const demoClearances: readonly DemoClearance[] = [
  { uid: demoUids.officer, level: 'CONFIDENTIAL', check_type: 'extended' },
  { uid: demoUids.acting, level: 'CONFIDENTIAL', check_type: 'normal' },
  { uid: 'gwsleung', level: 'CONFIDENTIAL', check_type: 'extended' },
  { uid: 'acyng', level: 'CONFIDENTIAL', check_type: 'extended' },
  { uid: demoUids.clearanceOfficer, level: 'CONFIDENTIAL', check_type: 'extended' },
  { uid: demoUids.directoryAdministrator, level: 'CONFIDENTIAL', check_type: 'normal' },
  { uid: demoUids.certificateOfficer, level: 'CONFIDENTIAL', check_type: 'normal' },
  { uid: demoUids.seconded, level: 'RESTRICTED', check_type: 'appointment' },
  { uid: demoUids.contractor, level: 'RESTRICTED', check_type: 'none' },
  { uid: demoUids.csbAdministrator, level: 'RESTRICTED', check_type: 'appointment' },
  { uid: demoUids.helpDesk, level: 'RESTRICTED', check_type: 'appointment' },
  { uid: demoUids.groupManager, level: 'RESTRICTED', check_type: 'appointment' },
  { uid: 'chtfung', level: 'RESTRICTED', check_type: 'normal' },
  { uid: demoUids.withdrawn, level: 'CONFIDENTIAL', check_type: 'normal', withdrawn: true },
];

interface DemoGroup {
  name: string;
  description: string;
  owner: string; // code of the organisation
  rule_organisation?: string; // members are all staff of this organisation
  gid_number?: number;
  members: readonly string[]; // uids, or names of groups above
}

export const demoGroups: readonly DemoGroup[] = [
  {
    name: 'directory-team',
    description: 'Staff who run the directory',
    owner: 'OGCIO',
    gid_number: 5001,
    members: [
      demoUids.systemAdministrator,
      demoUids.directoryAdministrator,
      demoUids.certificateOfficer,
      demoUids.ncsc,
    ],
  },
  {
    name: 'messaging-project',
    description: 'Project team of the centrally managed messaging platform',
    owner: 'OGCIO',
    members: [
      'directory-team',
      'hhtszeto',
      demoUids.contractor,
      demoUids.seconded,
      demoUids.csbAdministrator,
    ],
  },
  {
    name: 'ogcio-all-staff',
    description: 'Everybody who serves in OGCIO',
    owner: 'OGCIO',
    rule_organisation: 'OGCIO',
    members: [],
  },
  {
    name: 'csb-circulars',
    description: 'Receives circulars of the Civil Service Bureau',
    owner: 'CSB',
    members: [demoUids.officer, demoUids.clerk, demoUids.acting, demoUids.groupManager, 'gwsleung'],
  },
];
