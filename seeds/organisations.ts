// The bureaux and departments of the annex to LegCo paper "Centrally Managed Messaging Platform" (13 March 2017), in its
// order, which is that of the strokes of their Chinese names; with the two bureaux whose branches it lists.
import type { OrganisationKind } from '../src/directory/vocabulary.ts';

export interface SeedOrganisation {
  code: string;
  annex: number | null; // place in the annex; null of parents that it does not list
  kind: OrganisationKind;
  parent: string | null;
  name_en: string;
  name_zh: string;
  mail_domain: string;
  order: number; // ten times the annex's number, parents just before their first branch
}

function row(
  annex: number | null,
  code: string,
  kind: OrganisationKind,
  parent: string | null,
  name_en: string,
  name_zh: string,
  order = (annex ?? 0) * 10,
): SeedOrganisation {
  const mail_domain = `${(code.split('-')[0] ?? code).toLowerCase()}.gov.hk`; // branches share their bureau's
  return { code, annex, kind, parent, name_en, name_zh, mail_domain, order };
}

/** Parents first. Codes marked "unconfirmed" are common abbreviations that no code list at hand confirms. */
export const seedOrganisations: readonly SeedOrganisation[] = [
  row(1, 'CPU', 'office', null, 'Central Policy Unit', '中央政策組'),
  row(2, 'CSB', 'bureau', null, 'Civil Service Bureau', '公務員事務局'),
  row(3, 'HAB', 'bureau', null, 'Home Affairs Bureau', '民政事務局'), // code unconfirmed
  row(4, 'CEO', 'office', null, "Chief Executive's Office", '行政長官辦公室'),
  row(5, 'SB', 'bureau', null, 'Security Bureau', '保安局'),
  row(6, 'DOJ', 'department', null, 'Department of Justice', '律政司'),
  row(7, 'CMAB', 'bureau', null, 'Constitutional and Mainland Affairs Bureau', '政制及內地事務局'),
  row(8, 'CSO', 'office', null, "Chief Secretary for Administration's Office", '政務司司長辦公室'),
  row(9, 'FHB', 'bureau', null, 'Food and Health Bureau', '食物及衞生局'), // code unconfirmed
  row(10, 'FSO', 'office', null, "Financial Secretary's Office", '財政司司長辦公室'),
  row(null, 'FSTB', 'bureau', null, 'Financial Services and the Treasury Bureau', '財經事務及庫務局', 105),
  row(
    11,
    'FSTB-FSB', // branch code and Chinese name of the branch unconfirmed
    'branch',
    'FSTB',
    'Financial Services and the Treasury Bureau (Financial Services Branch)',
    '財經事務及庫務局(財經事務科)',
  ),
  row(
    12,
    'FSTB-TB', // branch code and Chinese name of the branch unconfirmed
    'branch',
    'FSTB',
    'Financial Services and the Treasury Bureau (The Treasury Branch)',
    '財經事務及庫務局(庫務科)',
  ),
  row(null, 'CEDB', 'bureau', null, 'Commerce and Economic Development Bureau', '商務及經濟發展局', 125),
  row(
    13,
    'CEDB-CCIB', // branch code unconfirmed
    'branch',
    'CEDB',
    'Commerce and Economic Development Bureau (Communications and Creative Industries Branch)',
    '商務及經濟發展局(通訊及創意產業科)',
  ),
  row(
    14,
    'CEDB-CITB', // branch code unconfirmed
    'branch',
    'CEDB',
    'Commerce and Economic Development Bureau (Commerce, Industry and Tourism Branch)',
    '商務及經濟發展局(工商及旅遊科)',
  ),
  row(15, 'EDB', 'bureau', null, 'Education Bureau', '教育局'),
  row(16, 'ITB', 'bureau', null, 'Innovation and Technology Bureau', '創新及科技局'), // code unconfirmed
  row(17, 'ITC', 'department', 'ITB', 'Innovation and Technology Commission', '創新科技署'),
  row(
    18,
    'OGCIO', // code unconfirmed
    'department',
    'ITB',
    'Office of the Government Chief Information Officer',
    '政府資訊科技總監辦公室',
  ),
  row(19, 'LWB', 'bureau', null, 'Labour and Welfare Bureau', '勞工及福利局'),
  row(20, 'DEVB', 'bureau', null, 'Development Bureau', '發展局'),
  row(21, 'THB', 'bureau', null, 'Transport and Housing Bureau', '運輸及房屋局'), // code unconfirmed
  row(22, 'ENB', 'bureau', null, 'Environment Bureau', '環境局'), // code unconfirmed
];
