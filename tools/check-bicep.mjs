/**
 * Holds the resources of deploy/azure against the types that the Bicep compiler itself is built from: names that a type does not
 * know, names that Azure alone writes, what is missing, and words that are none of those allowed.
 *
 *     git clone --depth 1 https://github.com/Azure/bicep-types-az
 *     node tools/check-bicep.mjs bicep-types-az
 *
 * Where the compiler is to be had, `az bicep build --file deploy/azure/main.bicep` does all of this and more.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Expression, Loop, readBicep } = createRequire(import.meta.url)('./bicep.cjs');
const REQUIRED = 1;
const READ_ONLY = 2;
/** Of the language, beside those of the type. */
const OF_BICEP = ['parent', 'scope', 'dependsOn'];

const [types] = process.argv.slice(2);
if (types === undefined) throw new Error('usage: check-bicep.mjs FOLDER_OF_BICEP_TYPES_AZ');
const folder = join(import.meta.dirname ?? '.', '../deploy/azure');
const services = readdirSync(join(types, 'generated'));

/** The types of one API version of one provider; several folders may hold parts of it. */
function typeOf(type, apiVersion) {
  const provider = type.split('/')[0].toLowerCase();
  for (const service of services) {
    const path = join(types, 'generated', service, provider, apiVersion, 'types.json');
    if (!existsSync(path)) continue;
    const all = JSON.parse(readFileSync(path, 'utf8'));
    const found = all.find(
      (one) => one.$type === 'ResourceType' && one.name.toLowerCase() === `${type}@${apiVersion}`.toLowerCase(),
    );
    if (found) return { all, body: follow(all, found.body) };
  }
  return undefined;
}
const follow = (all, { $ref }) => all[Number($ref.slice(2))];

function faults(all, value, type, path) {
  if (value instanceof Expression) return (value.either ?? []).flatMap((branch) => faults(all, branch, type, path));
  if (value instanceof Loop) return faults(all, [value.each], type, path);
  if (value === null) return [];
  switch (type.$type) {
    case 'ObjectType':
      return ofObject(all, value, type, path);
    case 'DiscriminatedObjectType': {
      const element = type.elements[value[type.discriminator]];
      const own = element === undefined ? { properties: {} } : follow(all, element);
      return ofObject(all, value, { ...own, properties: { ...type.baseProperties, ...own.properties } }, path);
    }
    case 'ArrayType':
      if (!Array.isArray(value)) return [`${path}: a list is expected`];
      return value.flatMap((item, index) => faults(all, item, follow(all, type.itemType), `${path}[${index}]`));
    case 'UnionType':
      return ofUnion(all, value, type.elements.map((element) => follow(all, element)), path);
    case 'StringLiteralType':
      return value === type.value ? [] : [`${path}: ${JSON.stringify(value)} is not ${type.value}`];
    case 'StringType':
      return typeof value === 'string' ? [] : [`${path}: a text is expected`];
    case 'IntegerType':
      return typeof value === 'number' ? [] : [`${path}: a number is expected`];
    case 'BooleanType':
      return typeof value === 'boolean' ? [] : [`${path}: true or false is expected`];
    default:
      return [];
  }
}

function ofObject(all, value, type, path) {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path}: an object is expected`];
  const known = type.properties ?? {};
  const extra = type.additionalProperties;
  const found = [];
  for (const [name, held] of Object.entries(value)) {
    if (OF_BICEP.includes(name) && !path.includes('.')) continue;
    const property = known[name];
    if (property === undefined) {
      if (extra === undefined) found.push(`${path}.${name}: no such property`);
      else found.push(...faults(all, held, follow(all, extra), `${path}.${name}`));
    } else if (property.flags & READ_ONLY && !(property.flags & REQUIRED)) found.push(`${path}.${name}: read-only`);
    else found.push(...faults(all, held, follow(all, property.type), `${path}.${name}`));
  }
  for (const [name, { flags }] of Object.entries(known)) {
    const isGiven = name in value || ['type', 'apiVersion', 'id'].includes(name);
    if (flags & REQUIRED && !isGiven) found.push(`${path}.${name}: missing`);
  }
  return found;
}

/** Words that a union lists; a plain text in it takes every word. */
function ofUnion(all, value, elements, path) {
  const tried = elements.map((element) => faults(all, value, element, path));
  if (tried.some((one) => one.length === 0)) return [];
  return [`${path}: ${JSON.stringify(value)} is none of ${elements.map((one) => one.value ?? one.$type).join(', ')}`];
}

let checked = 0;
const all = [];
for (const file of ['main.bicep', ...readdirSync(join(folder, 'modules')).map((name) => `modules/${name}`)]) {
  const { resources, variables } = readBicep(readFileSync(join(folder, file), 'utf8'));
  for (const { name, type, apiVersion, isExisting, body } of resources) {
    const known = typeOf(type, apiVersion);
    if (known === undefined) all.push(`${file} ${name}: no types of ${type}@${apiVersion}`);
    else if (!isExisting) {
      all.push(...faults(known.all, body, known.body, name).map((fault) => `${file} ${fault}`));
      if (type.endsWith('/sqlDatabases/containers')) {
        const resource = follow(known.all, follow(known.all, known.body.properties.properties.type).properties.resource.type);
        for (const one of variables.definitions) all.push(...faults(known.all, one, resource, `${one.id}`).map((fault) => `${file} ${fault}`));
      }
    }
    checked += 1;
  }
}
for (const fault of all) console.log(fault);
console.log(`${checked} resources, ${all.length} faults`);
process.exitCode = all.length === 0 ? 0 : 1;
