/** The API server for tests of manifests, and the cluster for tests of everything. */
export { API_SERVER_CURE, type ApiServerPrograms, apiServerReady, findApiServer, startApiServer } from './api-server';
export { Certificates } from './certificates';
export { type Cluster, clusterFolder, openCluster } from './cluster';
export { CommandFailure, run } from './command';
export { containersOf, ctr } from './containers';
export { DAPR_NAMESPACE, daprAuthority } from './dapr';
export { cluster } from './main';
export { Processes } from './processes';
export { NAMESPACE, trialFolder } from './trial';
export { DAPR, KUBERNETES } from './versions';
