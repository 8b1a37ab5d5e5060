// Encrypts private keys and shared secrets at rest (ports.ts KeyWrap): AES-256-GCM under a key derived from the master
// key. Layout, version 1: version octet, key id (8), nonce (12), ciphertext, tag (16). Header and context are the AAD, so a
// blob moved to another row does not open; the key id lets a wrong master key be told from a damaged blob.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyWrap } from '../directory/ports.ts';
import { OperationError } from '../errors.ts';

const version = 1;
const keyIdLength = 8;
const nonceLength = 12;
const tagLength = 16;
const headerLength = 1 + keyIdLength + nonceLength;

/** Octets of a master key. */
export const masterKeyLength = 32;

function derive(masterKey: Buffer, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), purpose, length));
}

/** Opens the wrap of one master key (32 octets). The caller may forget the key afterwards. */
export function openKeyWrap(masterKey: Buffer): KeyWrap {
  if (masterKey.length !== masterKeyLength) {
    throw new OperationError('configuration', `the master key must be ${masterKeyLength} octets`);
  }
  const key = derive(masterKey, 'bauhinia key wrap v1', 32);
  const keyId = derive(masterKey, 'bauhinia key id v1', keyIdLength);

  return {
    wrap(plain, context) {
      const header = Buffer.concat([Buffer.of(version), keyId, randomBytes(nonceLength)]);
      const cipher = createCipheriv('aes-256-gcm', key, header.subarray(1 + keyIdLength), {
        authTagLength: tagLength,
      });
      cipher.setAAD(Buffer.concat([header, Buffer.from(context, 'utf8')]));
      return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },

    unwrap(wrapped, context) {
      if (wrapped.length < headerLength + tagLength || wrapped[0] !== version) {
        throw new OperationError('configuration', `the stored key ${context} is not in a known format`);
      }
      const header = wrapped.subarray(0, headerLength);
      const wrappedBy = header.subarray(1, 1 + keyIdLength);
      if (!wrappedBy.equals(keyId)) {
        throw new OperationError(
          'configuration',
          `the stored key ${context} was encrypted under master key ${wrappedBy.toString('hex')}, ` +
            `and the given master key is ${keyId.toString('hex')}`,
        );
      }
      const tagAt = wrapped.length - tagLength;
      const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(1 + keyIdLength), {
        authTagLength: tagLength,
      });
      decipher.setAAD(Buffer.concat([header, Buffer.from(context, 'utf8')]));
      decipher.setAuthTag(wrapped.subarray(tagAt));
      try {
        return Buffer.concat([decipher.update(wrapped.subarray(headerLength, tagAt)), decipher.final()]);
      } catch (cause) {
        throw new OperationError(
          'configuration',
          `the stored key ${context} is damaged or belongs to another row`,
          { cause },
        );
      }
    },
  };
}
