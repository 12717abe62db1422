/** JSON Schema, as far as the server's descriptions use it, told in words. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: Json;
  enum?: Json[];
  default?: Json;
  description?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
}

/** One line of a table. */
export interface Field {
  /** Where it stands: `data.messages[].id`. */
  path: string;
  isRequired: boolean;
  type: string;
  meaning: string;
}

export function typesOf(schema: Schema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

/** What a schema may be: its alternatives, or itself. */
export function variants(schema: Schema): Schema[] {
  const alternatives = schema.oneOf ?? schema.anyOf;
  return alternatives === undefined ? [schema] : alternatives.flatMap(variants);
}

/** All fields of an object, those within others after them. */
export function fieldsOf(schema: Schema, above = ''): Field[] {
  return variants(schema).flatMap((variant) =>
    Object.entries(variant.properties ?? {}).flatMap(([name, property]) => {
      const path = above + name;
      const isRequired = variant.required?.includes(name) ?? false;
      const field = { path, isRequired, type: typeIn(property), meaning: meaningOf(property) };
      return [field, ...fieldsWithin(property, path)];
    }),
  );
}

function fieldsWithin(schema: Schema, path: string): Field[] {
  return variants(schema).flatMap((variant) => {
    if (variant.items !== undefined) return fieldsWithin(variant.items, `${path}[]`);
    return variant.properties === undefined ? [] : fieldsOf(variant, `${path}.`);
  });
}

/** Its type: `string`, `one of "a", "b"`, `list of integers`. */
export function typeIn(schema: Schema): string {
  const choices = variants(schema);
  const constants = choices.flatMap((choice) => ('const' in choice ? [choice.const] : []));
  if (constants.length > 1) {
    const others = choices.filter((choice) => !('const' in choice)).map(typeIn);
    return [`one of ${constants.map(literal).join(', ')}`, ...others].join(' or ');
  }
  if (choices.length > 1) return [...new Set(choices.map(typeIn))].join(' or ');
  if ('const' in schema) return literal(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(literal).join(', ')}`;
  return typesOf(schema)
    .map((type) => (type === 'array' ? listIn(schema) : (nameOf(type, schema) ?? type)))
    .join(' or ');
}

function listIn(schema: Schema): string {
  return schema.items === undefined ? 'list' : `list: ${typeIn(schema.items)}`;
}

function nameOf(type: string, { format }: Schema): string | undefined {
  if (type !== 'string') return undefined;
  return format === 'date-time' ? 'time' : format === 'binary' ? 'bytes' : undefined;
}

function literal(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

/** What is said of it, with its bounds. */
export function meaningOf(schema: Schema): string {
  const told = [schema.description, ...choicesOf(schema), boundsOf(schema)];
  if (schema.default !== undefined) told.push(`Otherwise ${literal(schema.default)}.`);
  return told.filter((part) => part !== undefined && part !== '').join(' ');
}

/** What each of several constants means, where that is said. */
function choicesOf(schema: Schema): string[] {
  const choices = variants(schema).filter((choice) => 'const' in choice && choice.description);
  if (choices.length < 2) return [];
  return choices.map((choice) => `${literal(choice.const)}: ${choice.description ?? ''}`);
}

function boundsOf(schema: Schema): string {
  return [
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'items'),
    range(schema.minimum, schema.maximum, ''),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  const told = (bound: number): string => bound.toLocaleString('en');
  const after = unit === '' ? '' : ` ${unit}`;
  if (to === undefined)
    return from === undefined || from === 0 ? '' : `At least ${told(from)}${after}.`;
  return from === undefined || from === 0
    ? `At most ${told(to)}${after}.`
    : `${told(from)} to ${told(to)}${after}.`;
}

/** A table of fields in Markdown; nothing where there are none. */
export function tableOf(fields: Field[]): string {
  if (fields.length === 0) return '';
  const merged = new Map(fields.map((field) => [field.path, field]));
  const isTold = fields.some(({ meaning }) => meaning !== '');
  const rows = [...merged.values()].map(({ path, isRequired, type, meaning }) => {
    const row = `| \`${path}\`${isRequired ? '' : ' <Optional />'} | ${cell(type)} |`;
    return isTold ? `${row} ${cell(meaning)} |` : row;
  });
  const head = isTold
    ? ['| field | type | meaning |', '| --- | --- | --- |']
    : ['| field | type |', '| --- | --- |'];
  return [...head, ...rows].join('\n');
}

/** Text that stands in a table, and is Markdown of one line and no HTML. */
export function cell(text: string): string {
  const parts = text.replace(/\s*\n\s*/g, ' ').split(/(`[^`]*`)/);
  return parts
    .map((part) => (part.startsWith('`') ? part : prose(part)))
    .join('')
    .replaceAll('|', '\\|');
}

/** Text with nothing that would be HTML or a template. */
export function prose(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;');
}
