// Holds a client to its registered token_endpoint_auth_method. The library takes a secret in the header and in the form
// for either registration (OpenID Connect Core 9 knows them as two methods); a secret in a form ends in logs and proxies.
import { AsyncLocalStorage } from 'node:async_hooks';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { WebContext } from '../http/request_identity.ts';

/** What the library asks a client that presented a secret (models/client.js). */
interface SecretHolder {
  clientAuthMethod?: string;
  compareClientSecret(presented: string): boolean | Promise<boolean>;
}

function isSecretHolder(prototype: object): prototype is SecretHolder {
  return 'compareClientSecret' in prototype && typeof prototype.compareClientSecret === 'function';
}

/**
 * Returns a function that runs `work` for a request: within it, a secret that came in another way than the client is
 * registered for is refused with invalid_client (RFC 6749 5.2), before it is compared.
 */
export function enforceClientAuthentication(
  provider: Provider,
): (ctx: WebContext, work: () => Promise<void>) => Promise<void> {
  const requests = new AsyncLocalStorage<WebContext>();
  const prototype: object = provider.Client.prototype;
  if (!isSecretHolder(prototype)) throw new Error('oidc-provider compares client secrets elsewhere');
  const compare = prototype.compareClientSecret;
  prototype.compareClientSecret = function compareAsRegistered(this: SecretHolder, presented: string) {
    const inHeader = requests.getStore()?.headers.authorization !== undefined;
    const used = inHeader ? 'client_secret_basic' : 'client_secret_post';
    if (this.clientAuthMethod !== used) {
      throw new errors.InvalidClientAuth(
        `the client is registered for ${this.clientAuthMethod}, not ${used}`,
      );
    }
    return compare.call(this, presented);
  };
  return (ctx, work) => requests.run(ctx, work);
}
