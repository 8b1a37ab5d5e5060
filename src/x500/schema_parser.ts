// Reads the text definitions of RFC 4512 section 4.1 (attribute types 4.1.2, object classes 4.1.1) from schema files:
// `attributetype ( … )` and `objectclass ( … )`, with `#` comment lines. Says nothing about what names mean.
import { OperationError } from '../errors.ts';

export interface AttributeTypeDefinition {
  kind: 'attributetype';
  oid: string;
  names: string[];
  superior: string | null;
  equality: string | null;
  ordering: string | null;
  substrings: string | null;
  syntax: string | null;
  singleValue: boolean;
  noUserModification: boolean;
  operational: boolean;
  text: string; // the definition in parentheses, on one line
}

export interface ObjectClassDefinition {
  kind: 'objectclass';
  oid: string;
  names: string[];
  superiors: string[];
  structure: 'ABSTRACT' | 'STRUCTURAL' | 'AUXILIARY';
  must: string[];
  may: string[];
  text: string;
}

export type Definition = AttributeTypeDefinition | ObjectClassDefinition;

const numericOid = /^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$/;
const descriptor = /^[A-Za-z][A-Za-z0-9-]*$/;
const usages: readonly string[] = [
  'userApplications',
  'directoryOperation',
  'distributedOperation',
  'dSAOperation',
];

/** Words of one file, read one after the other; a refusal names the file and the definition it stands in. */
class Words {
  readonly #words: string[];
  readonly #file: string;
  #at = 0;
  #definition = '';

  constructor(file: string, text: string) {
    this.#file = file;
    this.#words = text.replace(/^#.*$/gm, '').match(/'[^']*'|[()$]|[^\s()$']+|'/g) ?? [];
  }

  get ended(): boolean {
    return this.#at >= this.#words.length;
  }

  get position(): number {
    return this.#at;
  }

  /** The words from `from` to here, on one line. */
  textSince(from: number): string {
    return this.#words.slice(from, this.#at).join(' ');
  }

  refuse(why: string): never {
    const where = this.#definition === '' ? this.#file : `${this.#file}, definition ${this.#definition}`;
    throw new OperationError('configuration', `${where}: ${why}`);
  }

  next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) this.refuse('the file ends within a definition');
    return word;
  }

  expect(expected: string): void {
    const word = this.next();
    if (word !== expected) this.refuse(`${word} stands where ${expected} must`);
  }

  oid(): string {
    this.#definition = this.next();
    if (!numericOid.test(this.#definition)) this.refuse('it must begin with a numeric OID');
    return this.#definition;
  }

  quoted(): string {
    const word = this.next();
    if (!/^'.*'$/s.test(word) || word.length < 2) this.refuse(`${word} must be in quotation marks`);
    return word.slice(1, -1);
  }

  /** One quoted descriptor, or several in parentheses. */
  names(): string[] {
    const names = this.#list(() => this.quoted(), false);
    const wrong = names.find((name) => !descriptor.test(name));
    if (wrong !== undefined) this.refuse(`${wrong} is no name`);
    return names;
  }

  /** One OID or name, or several in parentheses with `$` between. */
  oids(): string[] {
    const oids = this.#list(() => this.next(), true);
    const wrong = oids.find((oid) => !descriptor.test(oid) && !numericOid.test(oid));
    if (wrong !== undefined) this.refuse(`${wrong} is neither a name nor an OID`);
    return oids;
  }

  #list(item: () => string, separated: boolean): string[] {
    if (this.#words[this.#at] !== '(') return [item()];
    this.#at++;
    const items = [item()];
    for (;;) {
      if (this.#words[this.#at] === ')') break;
      if (separated) this.expect('$');
      items.push(item());
    }
    this.#at++;
    return items;
  }
}

function readAttributeType(words: Words): AttributeTypeDefinition {
  const from = words.position;
  words.expect('(');
  const definition: AttributeTypeDefinition = {
    kind: 'attributetype',
    oid: words.oid(),
    names: [],
    superior: null,
    equality: null,
    ordering: null,
    substrings: null,
    syntax: null,
    singleValue: false,
    noUserModification: false,
    operational: false,
    text: '',
  };
  const clauses: Record<string, () => void> = {
    NAME: () => (definition.names = words.names()),
    DESC: () => words.quoted(),
    OBSOLETE: () => undefined,
    SUP: () => (definition.superior = words.next()),
    EQUALITY: () => (definition.equality = words.next()),
    ORDERING: () => (definition.ordering = words.next()),
    SUBSTR: () => (definition.substrings = words.next()),
    SYNTAX: () => (definition.syntax = words.next().replace(/\{\d+\}$/, '')),
    'SINGLE-VALUE': () => (definition.singleValue = true),
    'NO-USER-MODIFICATION': () => (definition.noUserModification = true),
    USAGE: () => {
      const usage = words.next();
      if (!usages.includes(usage)) words.refuse(`${usage} is no usage`);
      definition.operational = usage !== 'userApplications';
    },
  };
  readClauses(words, clauses);
  definition.text = words.textSince(from);
  return definition;
}

function readObjectClass(words: Words): ObjectClassDefinition {
  const from = words.position;
  words.expect('(');
  const definition: ObjectClassDefinition = {
    kind: 'objectclass',
    oid: words.oid(),
    names: [],
    superiors: [],
    structure: 'STRUCTURAL',
    must: [],
    may: [],
    text: '',
  };
  const clauses: Record<string, () => void> = {
    NAME: () => (definition.names = words.names()),
    DESC: () => words.quoted(),
    OBSOLETE: () => undefined,
    SUP: () => (definition.superiors = words.oids()),
    ABSTRACT: () => (definition.structure = 'ABSTRACT'),
    STRUCTURAL: () => (definition.structure = 'STRUCTURAL'),
    AUXILIARY: () => (definition.structure = 'AUXILIARY'),
    MUST: () => (definition.must = words.oids()),
    MAY: () => (definition.may = words.oids()),
  };
  readClauses(words, clauses);
  definition.text = words.textSince(from);
  return definition;
}

function readClauses(words: Words, clauses: Record<string, () => void>): void {
  for (const seen = new Set<string>(); ; ) {
    const word = words.next();
    if (word === ')') return;
    const clause = Object.hasOwn(clauses, word) ? clauses[word] : undefined;
    if (clause === undefined) words.refuse(`${word} is no clause of a definition`);
    if (seen.has(word)) words.refuse(`${word} stands twice`);
    seen.add(word);
    clause();
  }
}

/** Reads one schema file. Error: configuration, naming the file and the definition. */
export function parseDefinitions(file: string, text: string): Definition[] {
  const words = new Words(file, text);
  const definitions: Definition[] = [];
  while (!words.ended) {
    const keyword = words.next();
    if (keyword === 'attributetype') definitions.push(readAttributeType(words));
    else if (keyword === 'objectclass') definitions.push(readObjectClass(words));
    else words.refuse(`${keyword} begins no definition`);
  }
  return definitions;
}
