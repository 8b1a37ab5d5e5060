// Every address that the OpenID Provider answers, and out of which budget a request for it is paid (budgets.ts). Whatever
// the spelling (case, one trailing slash, as the library folds them), a path becomes the one that stands here before the
// library sees it, so that what is counted is what is answered; any other path is not answered.

/** Paths under the issuer's. */
export const routes = {
  authorization: '/oidc/authorize',
  token: '/oidc/token',
  userinfo: '/oidc/userinfo',
  jwks: '/oidc/jwks',
  end_session: '/oidc/logout',
  introspection: '/oidc/introspect',
  revocation: '/oidc/revoke',
  pushed_authorization_request: '/oidc/par',
} as const;
export const interactionPath = '/oidc/sign-in';
export const signedOutPath = `${routes.end_session}/success`;

/**
 * `sign_on`: begins a sign-on, of which a row is kept. `page`: a page of a person under way. `client`: a client proves
 * itself. `document`: public and cheap.
 */
export type Budget = 'sign_on' | 'page' | 'client' | 'document';

const fixed = {
  [routes.authorization]: { name: 'authorization', budget: 'sign_on' },
  [routes.pushed_authorization_request]: { name: 'pushed_authorization_request', budget: 'sign_on' },
  [routes.end_session]: { name: 'end_session', budget: 'page' },
  [`${routes.end_session}/confirm`]: { name: 'end_session_confirm', budget: 'page' },
  [signedOutPath]: { name: 'end_session_success', budget: 'page' },
  [routes.token]: { name: 'token', budget: 'client' },
  [routes.introspection]: { name: 'introspection', budget: 'client' },
  [routes.revocation]: { name: 'revocation', budget: 'client' },
  [routes.userinfo]: { name: 'userinfo', budget: 'client' },
  [routes.jwks]: { name: 'jwks', budget: 'document' },
  '/.well-known/openid-configuration': { name: 'discovery', budget: 'document' },
  '/.well-known/oauth-authorization-server': { name: 'discovery', budget: 'document' },
} as const satisfies Record<string, { name: string; budget: Budget }>;

/** Those whose last segment names an interaction. */
const ofInteractions = [
  { prefix: `${routes.authorization}/`, name: 'resume', budget: 'page' },
  { prefix: `${interactionPath}/`, name: 'sign_in', budget: 'page' },
] as const satisfies readonly { prefix: string; name: string; budget: Budget }[];

export interface Route {
  name: (typeof fixed)[keyof typeof fixed]['name'] | (typeof ofInteractions)[number]['name'];
  budget: Budget;
  /** As it stands above. */
  path: string;
  /** The interaction that the path names; empty of other routes. */
  uid: string;
}

const interactionUid = /^[\w-]{1,64}$/;

const byPath = new Map(Object.entries(fixed));

/** The route that a path of a request (undecoded, without the query) is; undefined of what is not ours. */
export function routeOf(path: string): Route | undefined {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  const folded = bare.toLowerCase();
  const route = byPath.get(folded);
  if (route !== undefined) return { ...route, path: folded, uid: '' };
  for (const { prefix, name, budget } of ofInteractions) {
    const uid = bare.slice(prefix.length);
    if (folded.startsWith(prefix) && interactionUid.test(uid))
      return { name, budget, path: prefix + uid, uid };
  }
  return undefined;
}
