/**
 * Writes test/unit/kubernetes/schemas.json: what Kubernetes, Dapr, the operator of Prometheus and the secrets store driver
 * accept of the kinds that deploy/ and components/ use.
 *
 *     pip download --no-deps kubernetes-validate==1.37.0 && unzip kubernetes_validate-*.whl
 *     go mod download -json github.com/dapr/dapr@v1.18.2      # prints its folder
 *     go mod download -json github.com/prometheus-operator/prometheus-operator@v0.84.0 sigs.k8s.io/secrets-store-csi-driver@v1.5.3
 *     node tools/kubernetes-schemas.mjs kubernetes_validate/kubernetes-json-schema/v1.35.0-local-strict \
 *       DAPR_FOLDER/charts/dapr/crds/*.yaml \
 *       PROMETHEUS_FOLDER/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml \
 *       DRIVER_FOLDER/config/crd/bases/secrets-store.csi.x-k8s.io_secretproviderclasses.yaml
 *
 * Descriptions are left out, and every object of a custom resource is closed: a misspelt field is an error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const KINDS = [
  'configmap-v1',
  'cronjob-batch-v1',
  'deployment-apps-v1',
  'job-batch-v1',
  'namespace-v1',
  'networkpolicy-networking-v1',
  'poddisruptionbudget-policy-v1',
  'secret-v1',
  'service-v1',
  'serviceaccount-v1',
  'ingress-networking-v1',
];
const REF = '#/$defs/';

const [kubernetes, ...crds] = process.argv.slice(2);
if (crds.length === 0) throw new Error('usage: kubernetes-schemas.mjs FOLDER_OF_KUBERNETES_SCHEMAS FILE_OF_A_CRD...');
const definitions = JSON.parse(readFileSync(join(kubernetes, '_definitions.json'), 'utf8')).$defs;

const $defs = {};
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, held]) => !((key === 'description' || key === '$id' || key === '$schema') && typeof held === 'string') &&
      !key.startsWith('x-kubernetes'),
  );
  return Object.fromEntries(entries.map(([key, held]) => [key, key === '$ref' ? local(held) : plain(held)]));
}
function local(ref) {
  const name = ref.split(REF)[1];
  if (!(name in $defs)) {
    $defs[name] = {}; // a definition may name itself
    $defs[name] = plain(definitions[name]);
  }
  return `#/$defs/${name}`;
}

/** A structural schema of a CRD, closed where it lists its fields. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { 'x-kubernetes-preserve-unknown-fields': isOpen, description: _, ...more } = schema;
  const held = Object.fromEntries(
    Object.entries(more)
      .filter(([key]) => !key.startsWith('x-kubernetes'))
      .map(([key, value]) => [key, key === 'properties' ? mapOf(value, closed) : closed(value)]),
  );
  return held.properties && !isOpen && !held.additionalProperties ? { ...held, additionalProperties: false } : held;
}
const mapOf = (record, each) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value)]));

const kinds = {};
for (const name of KINDS) {
  const schema = plain(JSON.parse(readFileSync(join(kubernetes, `${name}.json`), 'utf8')));
  kinds[`${schema.properties.apiVersion.enum[0]} ${schema.properties.kind.enum[0]}`] = schema;
}
const metadata = local(`${REF}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`);
for (const file of crds) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const crd = document.toJS();
    if (crd?.kind !== 'CustomResourceDefinition') continue;
    for (const { name, schema } of crd.spec.versions) {
      const own = closed(schema.openAPIV3Schema);
      kinds[`${crd.spec.group}/${name} ${crd.spec.names.kind}`] = {
        ...own,
        required: [...new Set(['apiVersion', 'kind', 'metadata', ...(own.required ?? [])])],
        properties: { ...own.properties, metadata: { $ref: metadata } },
      };
    }
  }
}
writeFileSync(
  join(import.meta.dirname ?? '.', '../test/unit/kubernetes/schemas.json'),
  `${JSON.stringify({ kinds, $defs })}\n`,
);
console.log(`${Object.keys(kinds).length} kinds, ${Object.keys($defs).length} definitions`);
