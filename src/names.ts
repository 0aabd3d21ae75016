/**
 * Every name that crosses a process boundary. Renaming a function never changes the wire; changing a constant here does,
 * and needs a new version suffix and a line in the changelog.
 */

/** Dapr application id: the target of service invocation and the first part of every actor key in the state store. */
export const APP_ID = 'contactsheet';

export const WORKFLOWS = {
  /** One run over a container: snapshot, quote, analyze, finish. */
  analyzeContainer: 'analyze-container.v1',
  /** One page of up to 2,000 listed blobs. */
  analyzePage: 'analyze-page.v1',
  /** Looks at one container again and again, for ever. */
  watchContainer: 'watch-container.v1',
} as const;

export const ACTIVITIES = {
  setPhase: 'set-phase',
  listPage: 'list-page',
  writeQuote: 'write-quote',
  seekApproval: 'seek-approval',
  takeApproval: 'take-approval',
  openPage: 'open-page',
  analyzeChunk: 'analyze-chunk',
  cleanPage: 'clean-page',
  markPaused: 'mark-paused',
  verifyTotals: 'verify-totals',
  closeRun: 'close-run',
  announce: 'announce',
  cleanRun: 'clean-run',
  lookAtContainer: 'look-at-container',
} as const;

/** Names of the tutorial (Azure Durable Functions in C#) and what answers to them here. */
export const TUTORIAL_ALIASES: Readonly<Record<string, string>> = {
  O_ProccessImage: WORKFLOWS.analyzeContainer,
  A_GetBlockBlobStorageItemsUris: ACTIVITIES.listPage,
  A_AnalizeImage: ACTIVITIES.analyzeChunk,
  A_SaveResult: ACTIVITIES.analyzeChunk,
};

/** External event that wakes a waiting run: its owner has said something new (pause, resume, cancel, approval). */
export const RUN_CONTROL_EVENT = 'run-control';

/** External event `{approved, planHash, maxTransactions?}`: the same as approving or declining by the API. */
export const APPROVAL_EVENT = 'approval';

/** External event that has a watched container looked at before its time. */
export const WATCH_EVENT = 'watch-woken';

export const ACTORS = {
  container: 'ContainerActor',
  run: 'RunActor',
  visionQuota: 'VisionQuotaActor',
} as const;

/** Dapr component names: the same locally and on Azure; only the YAML behind them differs. */
export const COMPONENTS = {
  stateStore: 'statestore',
  manifests: 'manifests',
  pubsub: 'pubsub',
  secretStore: 'secretstore',
  blobEvents: 'blob-events',
} as const;

export const TOPICS = {
  runs: 'contactsheet.runs',
  deadLetters: 'contactsheet.runs.dead',
} as const;

/** Type of the event that proves that events can be published. It says nothing; subscribers pass over it. */
export const CHECK_EVENT_TYPE = 'contactsheet.check';

/** Routes of the app channel that the declarative subscriptions in components/ name. */
export const SUBSCRIPTION_ROUTES = {
  runs: '/events/runs',
  deadLetters: '/events/dead-letters',
} as const;

/** Routes of the app channel that an input binding posts to: its component's name. */
export const BINDING_ROUTES = {
  blobEvents: `/${COMPONENTS.blobEvents}`,
} as const;

/** CloudEvents `type`: reverse DNS with a version. */
export const EVENT_TYPES = {
  runStarted: 'io.contactsheet.run.started.v1',
  approvalRequested: 'io.contactsheet.run.approval-requested.v1',
  runCompleted: 'io.contactsheet.run.completed.v1',
  runFailed: 'io.contactsheet.run.failed.v1',
} as const;

/** Cosmos DB. The database and `ImageAnalysis` carry the tutorial's names. */
export const COSMOS = {
  database: 'AnalysisResult',
  images: { id: 'ImageAnalysis', partitionKey: '/container' },
  /** One partition: newest first over many would need a query pipeline in the client. */
  runs: { id: 'Runs', partitionKey: '/kind' },
  /** Content-addressed answers of Vision. */
  cache: { id: 'AnalysisCache', partitionKey: '/id' },
  /** Per-container activity log, written from the events. */
  activity: { id: 'Activity', partitionKey: '/container' },
  /** Dapr's actor and workflow store (component `statestore`). */
  engineState: { id: 'EngineState', partitionKey: '/partitionKey' },
} as const;

/** Blob containers that belong to the system: never analysed, refused by name. */
export const SYSTEM_BLOB_CONTAINERS = {
  /** Component `manifests`: chunk inputs, reports and receipts. */
  manifests: 'contactsheet-manifests',
  /** The pub/sub component: its groups, and events too large for a queue. */
  pubsub: 'contactsheet-pubsub',
} as const;
