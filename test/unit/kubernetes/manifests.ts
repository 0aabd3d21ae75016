import type { Resource } from './render';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly securityContext?: object;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: { name: string }; readonly configMapRef?: { name: string } }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
export interface PodTemplate {
  readonly metadata: {
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly securityContext?: object;
    readonly automountServiceAccountToken?: boolean;
    readonly serviceAccountName?: string;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly { readonly name: string }[];
  };
}

export const containersOf = ({ spec }: PodTemplate) => [...(spec.initContainers ?? []), ...spec.containers];
export const named = (pod: PodTemplate, name: string) =>
  containersOf(pod).find((each) => each.name === name) as Container;

/** What kustomize rendered, as a cluster would put it together. */
export class Manifests {
  constructor(readonly resources: readonly Resource[]) {}

  find(kind: string, name: string): Resource | undefined {
    return this.resources.find((each) => each.kind === kind && each.metadata.name === name);
  }

  pod(kind: string, name: string): PodTemplate {
    return (this.find(kind, name) as { spec?: { template: PodTemplate } } | undefined)?.spec?.template as PodTemplate;
  }

  pods(): PodTemplate[] {
    const those = this.resources.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
    return those.map(({ kind, metadata }) => this.pod(kind, metadata.name));
  }

  /** Of a Secret, decoded; of a ConfigMap, as it is. */
  valuesOf(kind: 'Secret' | 'ConfigMap', name: string): Record<string, string> {
    const data = (this.find(kind, name)?.data ?? {}) as Record<string, string>;
    if (kind === 'ConfigMap') return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    );
  }

  /** The environment that a container gets, as the kubelet puts it together. */
  environmentOf(container: Container): Record<string, string> {
    const from = (container.envFrom ?? []).map(({ secretRef, configMapRef }) =>
      secretRef ? this.valuesOf('Secret', secretRef.name) : this.valuesOf('ConfigMap', configMapRef?.name ?? ''),
    );
    const own = (container.env ?? []).map(({ name, value, valueFrom }) => {
      const ref = valueFrom?.secretKeyRef;
      return [name, ref ? this.valuesOf('Secret', ref.name)[ref.key] : value] as const;
    });
    return Object.assign({}, ...from, Object.fromEntries(own));
  }

  /** What the injector hands to the sidecar of a pod, by variable, from Secrets that are there. */
  sidecarEnvironment({ metadata }: PodTemplate): Record<string, string> {
    const entries = (metadata.annotations['dapr.io/env-from-secret'] ?? '').split(',').map((entry) => {
      const [variable, secret, key] = entry.split(/[=:]/);
      return [variable ?? '', this.valuesOf('Secret', secret ?? '')[key ?? ''] ?? `no ${key} in ${secret}`] as const;
    });
    return Object.fromEntries(entries);
  }

  /** The variables of the sidecar that the components read. */
  variablesOfComponents(): Set<string> {
    const entries = this.resources
      .filter(({ kind }) => kind === 'Component')
      .flatMap(({ spec }) => (spec as { metadata: { envRef?: string; secretKeyRef?: object }[] }).metadata);
    for (const { secretKeyRef } of entries) if (secretKeyRef) throw new Error('a component reads a secret store');
    return new Set(entries.map(({ envRef }) => envRef).filter((name) => name !== undefined));
  }
}
