import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import type { Resource } from './render';
import schemas from './schemas.json';

/** What Kubernetes 1.35 and the CRDs of Dapr 1.18.2 take; tools/kubernetes-schemas.mjs makes the file. */
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const compiled = new Map<string, ValidateFunction>();

/** Each with where it is; none when the resource is as it should be. */
export function faultsOf(resource: Resource): string[] {
  const kind = `${resource.apiVersion} ${resource.kind}`;
  const schema = (schemas.kinds as Record<string, object>)[kind];
  if (schema === undefined) return [`${kind} is no kind that is known here`];
  const validate: ValidateFunction = compiled.get(kind) ?? ajv.compile({ ...schema, $defs: schemas.$defs });
  compiled.set(kind, validate);
  validate(resource);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${resource.metadata?.name}: ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
