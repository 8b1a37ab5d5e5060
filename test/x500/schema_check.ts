// Whether an entry obeys the schema (RFC 4512 sections 2.4.1 to 2.5.1): classes, required and allowed attributes, values.
import { parseDescription } from '../../src/x500/attribute_description.ts';
import { rdnOf } from '../../src/x500/dn.ts';
import type { AttributeValues } from '../../src/x500/entry.ts';
import type { AttributeSelector } from '../../src/x500/filter.ts';
import type { ObjectClass, Schema } from '../../src/x500/schema.ts';

interface Checked extends AttributeSelector {
  readonly name: string; // as given
  readonly values: readonly Buffer[];
}

/**
 * Every way in which an entry of these attributes breaks the schema, one sentence each; empty when it obeys. With `dn`, also
 * that the values of its RDN are among the attributes. Error: invalid_dn.
 */
export function violations(schema: Schema, attributes: readonly AttributeValues[], dn?: string): string[] {
  const found: string[] = [];
  const checked: Checked[] = [];
  for (const { description, values } of attributes) {
    const parsed = parseDescription(schema, description);
    if (parsed === undefined) found.push(`${description} is not defined in the schema`);
    else if (values.length > 0) {
      checked.push({ ...parsed, name: description, values: values.map((value) => Buffer.from(value)) });
    }
  }
  const classes = checkClasses(schema, checked, found);
  checkContents(classes, checked, found);
  for (const attribute of checked) checkValues(attribute, found);
  if (dn !== undefined) checkNaming(schema, checked, dn, found);
  return found;
}

function superclasses(objectClass: ObjectClass): ObjectClass[] {
  return objectClass.superiors.flatMap((superior) => [superior, ...superclasses(superior)]);
}

/** One chain of structural classes, and every superclass named. */
function checkClasses(schema: Schema, attributes: readonly Checked[], found: string[]): ObjectClass[] {
  const names = attributes.find(({ type }) => type.oid === '2.5.4.0')?.values.map(String) ?? [];
  const classes: ObjectClass[] = [];
  for (const name of names) {
    const objectClass = schema.objectClass(name);
    if (objectClass === undefined) found.push(`the object class ${name} is not defined in the schema`);
    else classes.push(objectClass);
  }
  for (const objectClass of classes) {
    const missing = superclasses(objectClass).find((superior) => !classes.includes(superior));
    if (missing !== undefined)
      found.push(`objectClass ${objectClass.name} requires objectClass ${missing.name}`);
  }
  const structural = classes.filter(({ kind }) => kind === 'STRUCTURAL');
  if (structural.length === 0) found.push('objectClass must name a structural class');
  const leaves = structural.filter(
    (candidate) => !structural.some((other) => superclasses(other).includes(candidate)),
  );
  if (leaves.length > 1) {
    found.push(
      `objectClass names unrelated structural classes: ${leaves.map(({ name }) => name).join(', ')}`,
    );
  }
  return classes;
}

function checkContents(
  classes: readonly ObjectClass[],
  attributes: readonly Checked[],
  found: string[],
): void {
  const present = new Set(attributes.map(({ type }) => type));
  for (const objectClass of classes) {
    for (const type of objectClass.must) {
      if (!present.has(type)) found.push(`${type.name} is required by objectClass ${objectClass.name}`);
    }
  }
  if (classes.some(({ name }) => name === 'extensibleObject')) return;
  const allowed = new Set(classes.flatMap(({ must, may }) => [...must, ...may]));
  for (const { type, name } of attributes) {
    if (!type.operational && !allowed.has(type))
      found.push(`${name} is not allowed by the entry's object classes`);
  }
}

function checkValues({ type, options, name, values }: Checked, found: string[]): void {
  if (type.singleValue && values.length > 1) found.push(`${name} takes one value`);
  if (type.syntax.binary !== options.includes('binary')) {
    found.push(type.syntax.binary ? `${name} must be given as ${name};binary` : `${name} has no binary form`);
  }
  if (values.some((value) => !type.syntax.conforms(value))) {
    found.push(`${name} has a value that is no ${type.syntax.description}`);
  }
  const normal = values.map((value) => type.equality?.normalise(value) ?? value.toString('latin1'));
  if (new Set(normal).size < normal.length) found.push(`${name} has the same value twice`);
}

function checkNaming(schema: Schema, attributes: readonly Checked[], dn: string, found: string[]): void {
  for (const { type, value } of rdnOf(dn).rdn) {
    const known = schema.attributeType(type);
    const rule = known?.equality ?? null;
    const wanted = rule?.normalise(value) ?? null;
    const named = attributes.some(
      (attribute) =>
        attribute.type === known &&
        wanted !== null &&
        attribute.values.some((candidate) => rule?.normalise(candidate) === wanted),
    );
    if (!named) found.push(`${type} must hold the value that names the entry`);
  }
}
