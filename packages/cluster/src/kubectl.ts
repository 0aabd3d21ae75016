import { inside } from './network';

/** Asks the cluster, as its administrator. Returns what kubectl prints. @throws CommandFailure */
export type Kubectl = (words: readonly string[], input?: string) => Promise<string>;

export function createKubectl(program: string, kubeconfig: string): Kubectl {
  return (words, input = '') => inside([program, `--kubeconfig=${kubeconfig}`, ...words], { input });
}
