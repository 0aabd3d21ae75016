import type { Endpoint } from '../endpoint';
import * as containers from './containers';
import * as durable from './durable';
import * as installation from './installation';
import * as runCommands from './run-commands';
import * as runRecords from './run-records';
import * as runs from './runs';

/** Every operation by its id, in the order of the description. */
export const ENDPOINTS = {
  startByTutorialGet: durable.startByTutorialGet,
  startByTutorialPost: durable.startByTutorialPost,
  startNewInstance: durable.startNewInstance,
  startInstance: durable.startInstance,
  getInstance: durable.getInstance,
  purgeInstance: durable.purgeInstance,
  listInstances: durable.listInstances,
  purgeInstances: durable.purgeInstances,
  raiseEvent: durable.raiseEvent,
  terminateInstance: durable.terminateInstance,
  suspendInstance: durable.suspendInstance,
  resumeInstance: durable.resumeInstance,
  rewindInstance: durable.rewindInstance,
  restartInstance: durable.restartInstance,
  listEntities: durable.listEntities,
  listEntitiesByName: durable.listEntitiesByName,
  readEntity: durable.readEntity,
  signalEntity: durable.signalEntity,
  startRun: runs.startRun,
  getRun: runs.getRun,
  listRuns: runs.listRuns,
  pauseRun: runCommands.pauseRun,
  resumeRun: runCommands.resumeRun,
  cancelRun: runCommands.cancelRun,
  declineRun: runCommands.declineRun,
  approveRun: runCommands.approveRun,
  retryRun: runCommands.retryRun,
  getAudit: runRecords.getAudit,
  listRunImages: runRecords.listRunImages,
  listRunSteps: runRecords.listRunSteps,
  getRunReport: runRecords.getRunReport,
  getReceipt: runRecords.getReceipt,
  quote: containers.quote,
  listContainers: containers.listContainers,
  getContainer: containers.getContainer,
  listImages: containers.listImages,
  getImage: containers.getImage,
  getImageHistory: containers.getImageHistory,
  listActivity: containers.listActivity,
  verifyContainer: containers.verifyContainer,
  repairContainer: containers.repairContainer,
  getOperation: containers.getOperation,
  cancelOperation: containers.cancelOperation,
  getWatch: containers.getWatch,
  setWatch: containers.setWatch,
  removeWatch: containers.removeWatch,
  getQuota: installation.getQuota,
  setQuota: installation.setQuota,
  livez: installation.livez,
  readyz: installation.readyz,
  healthz: installation.healthz,
  getOpenApi: installation.getOpenApi,
  getErrorPage: installation.getErrorPage,
} as const satisfies Readonly<Record<string, Endpoint>>;

export type Endpoints = typeof ENDPOINTS;
