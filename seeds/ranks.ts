// Ranks that the seeds use, highest first. English and Chinese titles are general knowledge of the civil service's grades.

export interface SeedRank {
  code: string;
  name_en: string;
  name_zh: string;
}

function row(code: string, name_en: string, name_zh: string): SeedRank {
  return { code, name_en, name_zh };
}

export const seedRanks: readonly SeedRank[] = [
  row('AO-A1', 'Administrative Officer Staff Grade A1 (D8)', '首長級甲一級政務官'),
  row('AO-A', 'Administrative Officer Staff Grade A (D6)', '首長級甲級政務官'),
  row('AO-B1', 'Administrative Officer Staff Grade B1 (D4)', '首長級乙一級政務官'),
  row('AO-B', 'Administrative Officer Staff Grade B (D3)', '首長級乙級政務官'),
  row('AO-C', 'Administrative Officer Staff Grade C (D2)', '首長級丙級政務官'),
  row('PEO', 'Principal Executive Officer', '首席行政主任'),
  row('CSM', 'Chief Systems Manager', '總系統經理'),
  row('PIO', 'Principal Information Officer', '首席新聞主任'),
  row('SAO', 'Senior Administrative Officer', '高級政務主任'),
  row('CEXO', 'Chief Executive Officer', '總行政主任'),
  row('SSM', 'Senior Systems Manager', '高級系統經理'),
  row('SGC', 'Senior Government Counsel', '高級政府律師'),
  row('SENGR', 'Senior Engineer', '高級工程師'),
  row('AO', 'Administrative Officer', '政務主任'),
  row('SEO', 'Senior Executive Officer', '高級行政主任'),
  row('SM', 'Systems Manager', '系統經理'),
  row('GC', 'Government Counsel', '政府律師'),
  row('SIO', 'Senior Information Officer', '高級新聞主任'),
  row('STAT', 'Statistician', '統計師'),
  row('ENGR', 'Engineer', '工程師'),
  row('EO1', 'Executive Officer I', '一級行政主任'),
  row('AP1', 'Analyst/Programmer I', '一級系統分析/程序編製主任'),
  row('IO', 'Information Officer', '新聞主任'),
  row('EO2', 'Executive Officer II', '二級行政主任'),
  row('AP2', 'Analyst/Programmer II', '二級系統分析/程序編製主任'),
  row('SPS', 'Senior Personal Secretary', '高級私人秘書'),
  row('SCO', 'Senior Clerical Officer', '高級文書主任'),
  row('PS1', 'Personal Secretary I', '一級私人秘書'),
  row('CO', 'Clerical Officer', '文書主任'),
  row('PS2', 'Personal Secretary II', '二級私人秘書'),
  row('ACO', 'Assistant Clerical Officer', '助理文書主任'),
  row('CA', 'Clerical Assistant', '文書助理'),
];
