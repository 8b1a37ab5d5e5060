// Builds the schema from schema/ldap/*.schema: resolves names and inheritance, refuses what does not fit together.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationError } from '../errors.ts';
import { packageRoot } from '../package_root.ts';
import { parseDescription, printDescription } from './attribute_description.ts';
import { matchingRules } from './matching.ts';
import type { AttributeDescription, AttributeType, MatchingRule, ObjectClass, Schema } from './schema.ts';
import {
  type AttributeTypeDefinition,
  type Definition,
  type ObjectClassDefinition,
  parseDefinitions,
} from './schema_parser.ts';
import { syntaxes } from './syntax.ts';

const files = ['core', 'cosine', 'inetorgperson', 'nis', 'operational', 'bauhinia'];
const mostDescriptions = 4096;

/** The schema this directory ships; load it once, for types are compared by identity. Error: configuration. */
export function loadSchema(): Schema {
  return buildSchema(
    files.flatMap((name) => {
      const path = join(packageRoot, 'schema', 'ldap', `${name}.schema`);
      return parseDefinitions(`${name}.schema`, readFileSync(path, 'utf8'));
    }),
  );
}

function refuse(definition: Definition, why: string): never {
  throw new OperationError(
    'configuration',
    `the schema's ${definition.kind} ${definition.names[0] ?? definition.oid} ${why}`,
  );
}

/** Things found by any of their names or their OID, regardless of case. */
class Index<Item extends { oid: string; names: readonly string[] }> {
  readonly items: Item[] = [];
  readonly #byName = new Map<string, Item>();

  /** True when none of its names was taken. */
  add(item: Item): boolean {
    const keys = [item.oid, ...item.names.map((name) => name.toLowerCase())];
    if (new Set(keys).size < keys.length || keys.some((key) => this.#byName.has(key))) return false;
    for (const key of keys) this.#byName.set(key, item);
    for (const name of item.names) this.#byName.set(name, item); // spares most look-ups the folding
    this.items.push(item);
    return true;
  }

  get(name: string): Item | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.toLowerCase());
  }
}

/** Resolves each definition after those it descends from; a cycle is refused. */
function resolver<D extends Definition, R>(
  definitions: readonly D[],
  resolveOne: (definition: D, superior: (name: string) => R) => R,
): () => R[] {
  const byName = new Map<string, D>();
  for (const definition of definitions) {
    for (const name of [definition.oid, ...definition.names]) byName.set(name.toLowerCase(), definition);
  }
  const resolved = new Map<D, R>();
  const underWay = new Set<D>();
  const resolve = (definition: D): R => {
    const known = resolved.get(definition);
    if (known !== undefined) return known;
    if (underWay.has(definition)) refuse(definition, 'descends from itself');
    underWay.add(definition);
    const result = resolveOne(definition, (name) => {
      const superior = byName.get(name.toLowerCase());
      if (superior === undefined) refuse(definition, `descends from ${name}, which nobody defined`);
      return resolve(superior);
    });
    resolved.set(definition, result);
    return result;
  };
  return () => definitions.map(resolve);
}

function resolveAttributeType(
  definition: AttributeTypeDefinition,
  superiorOf: (name: string) => AttributeType,
  rules: Index<MatchingRule & { names: readonly string[] }>,
): AttributeType {
  const superior = definition.superior === null ? null : superiorOf(definition.superior);
  const rule = (
    name: string | null,
    kind: MatchingRule['kind'],
    inherited: MatchingRule | null | undefined,
  ) => {
    if (name === null) return inherited ?? null;
    const found = rules.get(name);
    if (found === undefined) refuse(definition, `names the matching rule ${name}, which nobody defined`);
    if (found.kind !== kind) refuse(definition, `names ${name} for ${kind}, which it is not for`);
    return found;
  };
  const syntax =
    definition.syntax === null
      ? superior?.syntax
      : syntaxes.find((candidate) => candidate.oid === definition.syntax);
  if (syntax === undefined) refuse(definition, `has the syntax ${definition.syntax}, which nobody defined`);
  if (
    superior !== null &&
    superior.operational !== definition.operational &&
    definition.operational === false
  ) {
    refuse(definition, 'descends from an operational attribute and is none');
  }
  return {
    oid: definition.oid,
    names: definition.names,
    name: definition.names[0] ?? definition.oid,
    superior,
    syntax,
    equality: rule(definition.equality, 'equality', superior?.equality),
    ordering: rule(definition.ordering, 'ordering', superior?.ordering),
    substrings: rule(definition.substrings, 'substrings', superior?.substrings),
    singleValue: definition.singleValue,
    noUserModification: definition.noUserModification,
    operational: definition.operational,
    definition: definition.text,
  };
}

function resolveObjectClass(
  definition: ObjectClassDefinition,
  superiorOf: (name: string) => ObjectClass,
  types: Index<AttributeType>,
): ObjectClass {
  const superiors = definition.superiors.map(superiorOf);
  const attributes = (
    names: readonly string[],
    inherited: (superior: ObjectClass) => readonly AttributeType[],
  ) => {
    const own = names.map((name) => {
      const type = types.get(name);
      if (type === undefined) refuse(definition, `names the attribute ${name}, which nobody defined`);
      return type;
    });
    return [...new Set([...superiors.flatMap(inherited), ...own])];
  };
  if (definition.structure === 'ABSTRACT' && superiors.some((superior) => superior.kind !== 'ABSTRACT')) {
    refuse(definition, 'is abstract and descends from a class that is not');
  }
  if (superiors.some((superior) => superior.kind !== 'ABSTRACT' && superior.kind !== definition.structure)) {
    refuse(definition, 'descends from a class of another kind');
  }
  return {
    oid: definition.oid,
    names: definition.names,
    name: definition.names[0] ?? definition.oid,
    superiors,
    kind: definition.structure,
    must: attributes(definition.must, (superior) => superior.must),
    may: attributes(definition.may, (superior) => superior.may),
    definition: definition.text,
  };
}

/** Builds a schema of any definitions. Error: configuration, naming the definition at fault. */
export function buildSchema(definitions: readonly Definition[]): Schema {
  const types = new Index<AttributeType>();
  const classes = new Index<ObjectClass>();
  const rules = new Index<MatchingRule & { names: readonly string[] }>();
  const names = {
    attributeType: (name: string) => types.get(name),
    objectClass: (name: string) => classes.get(name),
    matchingRule: (name: string) => rules.get(name),
  };
  for (const rule of matchingRules(names)) rules.add({ ...rule, names: [rule.name] });

  const attributeTypes = definitions.filter((definition) => definition.kind === 'attributetype');
  const resolveTypes = resolver<AttributeTypeDefinition, AttributeType>(
    attributeTypes,
    (definition, superior) => resolveAttributeType(definition, superior, rules),
  );
  resolveTypes().forEach((type, at) => {
    const definition = attributeTypes[at];
    if (definition !== undefined && !types.add(type)) refuse(definition, 'has a name or OID that is taken');
  });
  const objectClasses = definitions.filter((definition) => definition.kind === 'objectclass');
  const resolveClasses = resolver<ObjectClassDefinition, ObjectClass>(objectClasses, (definition, superior) =>
    resolveObjectClass(definition, superior, types),
  );
  resolveClasses().forEach((objectClass, at) => {
    const definition = objectClasses[at];
    if (definition !== undefined && !classes.add(objectClass)) {
      refuse(definition, 'has a name or OID that is taken');
    }
  });
  return {
    ...names,
    ...describer(names),
    isSubtype: (type, ancestor) => {
      for (let at: AttributeType | null = type; at !== null; at = at.superior)
        if (at === ancestor) return true;
      return false;
    },
    attributeTypes: types.items,
    objectClasses: classes.items,
    matchingRules: rules.items,
    syntaxes,
  };
}

function describer(names: Pick<Schema, 'attributeType'>): Pick<Schema, 'describe' | 'descriptions'> {
  const descriptions: AttributeDescription[] = [];
  const bySpelling = new Map<string, AttributeDescription>();
  const describe = (text: string): AttributeDescription | undefined => {
    const known = bySpelling.get(text);
    if (known !== undefined) return known;
    const parsed = parseDescription(names, text);
    if (parsed === undefined) return undefined;
    const name = printDescription(parsed.type, parsed.options);
    let description = bySpelling.get(name);
    if (description === undefined) {
      if (descriptions.length >= mostDescriptions) {
        throw new OperationError(
          'admin_limit_exceeded',
          `there are ${mostDescriptions} attribute descriptions`,
        );
      }
      const index = descriptions.length;
      description = { index, type: parsed.type, options: parsed.options, name, octets: Buffer.from(name) };
      descriptions.push(description);
      bySpelling.set(name, description);
    }
    return description;
  };
  return { describe, descriptions };
}
