import { DAPR_MODULE_VERSION } from '@contactsheet/dev-stack';

/** Supported by AKS until March 2027, and content with what Debian 12 has of containerd and etcd. */
export const KUBERNETES = '1.35.4';
/** It builds on the same modules of Kubernetes. */
export const COREDNS = '1.14.5';
export const HELM = '3.22.0';
export const DAPR = DAPR_MODULE_VERSION;
