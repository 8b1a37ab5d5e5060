// The first systems that rely on the directory. Redirect URIs are the demonstration's, on this machine; an installation
// changes them before use.
import type { ClientMetadata } from '../src/directory/tables.ts';
import type { ClearanceLevel } from '../src/directory/vocabulary.ts';

export const systemCodes = ['mail', 'im', 'files'] as const;
export type SystemCode = (typeof systemCodes)[number];

export interface SeedRelyingSystem {
  code: SystemCode;
  name_en: string;
  name_zh: string;
  owner: string; // code of the organisation
  information_owner: string;
  classification: ClearanceLevel;
  released_attributes: string[];
  clearance_approved: boolean;
  client: ClientMetadata;
}

function client(port: number, scope: string): ClientMetadata {
  return {
    redirect_uris: [`http://localhost:${port}/callback`],
    post_logout_redirect_uris: [`http://localhost:${port}/`],
    token_endpoint_auth_method: 'client_secret_basic',
    scope,
    first_party: true,
  };
}

const commonScope = 'openid profile email phone organisation groups offline_access';

export const seedRelyingSystems: readonly SeedRelyingSystem[] = [
  {
    code: 'mail',
    name_en: 'Government e-mail',
    name_zh: '政府電子郵件',
    owner: 'OGCIO',
    information_owner: 'Government Chief Information Officer',
    classification: 'RESTRICTED',
    released_attributes: ['bauhiniaAccountState'],
    clearance_approved: false,
    client: client(9001, commonScope),
  },
  {
    code: 'im',
    name_en: 'Government instant messaging',
    name_zh: '政府即時通訊',
    owner: 'OGCIO',
    information_owner: 'Government Chief Information Officer',
    classification: 'CONFIDENTIAL',
    released_attributes: ['bauhiniaAccountState'],
    clearance_approved: true,
    client: client(9002, `${commonScope} clearance`),
  },
  {
    code: 'files',
    name_en: 'Government file share',
    name_zh: '政府檔案共享',
    owner: 'OGCIO',
    information_owner: 'Government Chief Information Officer',
    classification: 'RESTRICTED',
    released_attributes: ['bauhiniaAccountState', 'bauhiniaEmploymentCategory'],
    clearance_approved: false,
    client: client(9003, commonScope),
  },
];
