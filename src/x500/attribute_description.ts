// Attribute descriptions (RFC 4512 section 2.5): a type and its options, in the text that stands for them, and the rule of
// which descriptions an asker's description speaks of.
import type { AttributeSelector } from './filter.ts';
import type { AttributeDescription, AttributeType, Schema } from './schema.ts';

const longestDescription = 256;
const options = /^(?:;[a-z0-9-]+)+$/;

/**
 * Splits `type;option;…`; options in lower case, sorted, each once. Undefined when the type is unknown or the text is no
 * attribute description. Remembers nothing: use this, and not Schema.describe, for text from outside.
 */
export function parseDescription(
  schema: Pick<Schema, 'attributeType'>,
  text: string,
): AttributeSelector | undefined {
  if (text.length > longestDescription) return undefined;
  const semicolon = text.indexOf(';');
  if (semicolon < 0) {
    const type = schema.attributeType(text);
    return type === undefined ? undefined : { type, options: [] };
  }
  const type = schema.attributeType(text.slice(0, semicolon));
  const rest = text.slice(semicolon).toLowerCase();
  if (type === undefined || !options.test(rest)) return undefined;
  return { type, options: [...new Set(rest.slice(1).split(';'))].sort() };
}

export function printDescription(type: AttributeType, sortedOptions: readonly string[]): string {
  return sortedOptions.length === 0 ? type.name : `${type.name};${sortedOptions.join(';')}`;
}

/** A language range (`lang-zh-`, RFC 3866 2.2) stands for the tag and all that it begins. */
function optionAsked(asked: string, had: readonly string[]): boolean {
  if (had.includes(asked)) return true;
  if (!asked.startsWith('lang-') || !asked.endsWith('-')) return false;
  return had.some((option) => option.startsWith(asked) || option === asked.slice(0, -1));
}

/**
 * True when `selector` speaks of `description`: the type or a subtype of it, with at least the options asked for. So `cn`
 * speaks of `cn;lang-zh-hant`, `name` of both, `userCertificate` of `userCertificate;binary`.
 */
export function speaksOf(
  schema: Pick<Schema, 'isSubtype'>,
  selector: AttributeSelector,
  description: Pick<AttributeDescription, 'type' | 'options'>,
): boolean {
  if (selector.type !== description.type && !schema.isSubtype(description.type, selector.type)) return false;
  return (
    selector.options.length === 0 ||
    selector.options.every((option) => optionAsked(option, description.options))
  );
}
