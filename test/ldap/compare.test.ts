// Compare on the wire, one row a case.
import { expect } from 'chai';
import { bindRequest, message, RawClient, TAG } from './raw_client.ts';
import { octetString, tlv } from './wire/tlv.ts';
import { dnOf, mailDn, openWorld, password, suffix, type World } from './world.ts';

const readers = `cn=readers,ou=groups,${suffix}`;

describe('RFC 4511 4.10: compare', () => {
  let world: World;
  let client: RawClient;
  before(async () => {
    world = await openWorld();
    client = await RawClient.open(world.ldap);
    await client.ask(1, bindRequest(1, dnOf('u1'), password));
  });
  after(async () => {
    client.end();
    await world.close();
  });

  const rows: [what: string, dn: string, attribute: string, value: string, code: number][] = [
    ['a value, as its matching rule has it', dnOf('u10'), 'MAIL', 'U10@csb.gov.hk', 6],
    ['another value', dnOf('u10'), 'mail', 'u11@csb.gov.hk', 5],
    ['a value of a subtype', dnOf('u10'), 'name', 'wong', 6],
    ['a value under an option', dnOf('u10'), 'cn;lang-zh-hant', '陳大文', 6],
    ['an option that is not there', dnOf('u10'), 'cn;lang-en', 'x', 16],
    ['a member of a group', readers, 'member', dnOf('U2').toUpperCase(), 6],
    ['no member of a group', readers, 'member', dnOf('u9'), 5],
    ['an attribute the entry lacks', readers, 'uniqueMember', dnOf('u2'), 16],
    ['an attribute the reader may not see', dnOf('u10'), 'bauhiniaClearance', 'CONFIDENTIAL', 16],
    ['the password', dnOf('u10'), 'userPassword', password, 16],
    ['an attribute nobody defined', dnOf('u10'), 'nosuch', 'x', 17],
    ['an attribute without an equality rule', '', 'supportedLDAPVersion', '3', 18],
    ['a value that breaks the syntax', readers, 'member', 'no dn', 21],
    ['an entry that does not exist', dnOf('nobody'), 'cn', 'x', 32],
    ['an entry the reader may not see', mailDn, 'cn', 'mail', 32],
    ['a name that is no DN', 'nobody', 'cn', 'x', 34],
    ['the root DSE', '', 'namingContexts', suffix.toUpperCase(), 6],
    ['the subschema', 'cn=subschema', 'objectClass', 'SUBSCHEMA', 6],
  ];
  rows.forEach(([what, dn, attribute, value, code], index) => {
    it(`${what} answers ${code}`, async () => {
      const messageId = 10 + index;
      const request = tlv(0x6e, octetString(dn), tlv(0x30, octetString(attribute), octetString(value)));
      expect(await client.ask(messageId, message(messageId, request))).to.include({ tag: TAG.compare, code });
    });
  });

  it('nobody compares with the root DSE alone', async () => {
    const nobody = await RawClient.open(world.ldap);
    const ask = (messageId: number, dn: string, attribute: string, value: string) =>
      nobody.ask(
        messageId,
        message(messageId, tlv(0x6e, octetString(dn), tlv(0x30, octetString(attribute), octetString(value)))),
      );
    expect(await ask(1, '', 'namingContexts', 'dc=elsewhere')).to.include({ code: 5 });
    expect(await ask(2, dnOf('u10'), 'sn', 'wong')).to.include({ code: 50 });
    nobody.end();
  });
});
