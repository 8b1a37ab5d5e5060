// The subschema entry (RFC 4512 section 4.2): the schema as clients read it. Built from what the code itself works with.
import type { AttributeValues } from './entry.ts';
import type { MatchingRule, Schema } from './schema.ts';
import { subschemaDn } from './tree.ts';

/** Attributes of `cn=subschema`. `at`: when the schema took effect, which clients take for its version. */
export function subschemaAttributes(schema: Schema, at: string): AttributeValues[] {
  return [
    { description: 'objectClass', values: ['top', 'subentry', 'subschema', 'extensibleObject'] },
    { description: 'cn', values: ['subschema'] },
    { description: 'ldapSyntaxes', values: schema.syntaxes.map(describeSyntax) },
    { description: 'matchingRules', values: schema.matchingRules.map(describeRule) },
    {
      description: 'matchingRuleUse',
      values: schema.matchingRules.flatMap((rule) => describeUse(schema, rule)),
    },
    { description: 'attributeTypes', values: schema.attributeTypes.map(({ definition }) => definition) },
    { description: 'objectClasses', values: schema.objectClasses.map(({ definition }) => definition) },
    { description: 'structuralObjectClass', values: ['subentry'] },
    { description: 'entryDN', values: [subschemaDn] },
    { description: 'subschemaSubentry', values: [subschemaDn] },
    { description: 'createTimestamp', values: [at] },
    { description: 'modifyTimestamp', values: [at] },
  ];
}

function describeSyntax({ oid, description, binary }: Schema['syntaxes'][number]): string {
  // X-NOT-HUMAN-READABLE is what clients go by to show a value as octets.
  const unreadable = binary || /JPEG|Octet|Fax$/.test(description) ? " X-NOT-HUMAN-READABLE 'TRUE'" : '';
  return `( ${oid} DESC '${description}'${unreadable} )`;
}

function describeRule({ oid, name, syntax }: MatchingRule): string {
  return `( ${oid} NAME '${name}' SYNTAX ${syntax} )`;
}

function describeUse(schema: Schema, { oid, name, attributeSyntaxes }: MatchingRule): string[] {
  const types = schema.attributeTypes.filter(({ syntax }) => attributeSyntaxes.includes(syntax.oid));
  if (types.length === 0) return [];
  return [`( ${oid} NAME '${name}' APPLIES ( ${types.map((type) => type.name).join(' $ ')} ) )`];
}
